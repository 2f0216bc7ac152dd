-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Whether an event still names one of these visitors ($2) or customers ($3): done again, an erasure spares what came
-- after it was done first.
SELECT EXISTS (
	SELECT FROM journal.event AS e
	WHERE e.shop_id = $1 AND (e.visitor = ANY ($2::bytea[]) OR e.customer = ANY ($3::bytea[])))
