-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a decision about a partner ($2, "": none) and a rule ($3 category, $4 id) needs to know of the shop.
SELECT s.currency,
	(SELECT count(*) FROM campaign.affiliate_key k WHERE k.shop_id = s.shop_id),
	(SELECT count(*) FROM campaign.affiliate a WHERE a.shop_id = s.shop_id),
	(SELECT a.affiliate FROM campaign.affiliate a WHERE a.shop_id = s.shop_id AND a.affiliate = $2::text),
	(SELECT count(*) FROM campaign.commission c WHERE c.shop_id = s.shop_id AND c.affiliate = $2::text),
	(SELECT min(c.category) FROM campaign.commission c
	 WHERE c.shop_id = s.shop_id AND c.affiliate = $2::text AND c.rule_id = $4::text AND c.category <> $3::text),
	greatest((SELECT max(k.event_time) FROM campaign.affiliate_key k WHERE k.shop_id = s.shop_id),
		(SELECT a.event_time FROM campaign.affiliate a WHERE a.shop_id = s.shop_id AND a.affiliate = $2::text),
		(SELECT max(c.event_time) FROM campaign.commission c WHERE c.shop_id = s.shop_id AND c.affiliate = $2::text))
FROM office.shop s
WHERE s.shop_id = $1::int4
