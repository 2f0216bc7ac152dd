-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Compare and set: a row that is not where it was expected stays, and the count tells.
UPDATE campaign.position p
SET epoch = m.to_epoch, seq = m.to_seq
FROM unnest($1::int4[], $2::int8[], $3::int8[], $4::int8[], $5::int8[])
	AS m (shop_id, from_epoch, from_seq, to_epoch, to_seq)
WHERE p.shop_id = m.shop_id AND p.epoch = m.from_epoch AND p.seq = m.from_seq
