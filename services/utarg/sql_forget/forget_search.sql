-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
SELECT f.place, f.hits FROM journal.find_bytes($1::bytea[], $2::int4[], $3::int8[]) AS f
