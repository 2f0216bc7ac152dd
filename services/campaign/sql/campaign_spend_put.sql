-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- One row a day and key: the greatest (report time, id) counts.
INSERT INTO campaign.spend (shop_id, report_time, event_id, campaign, currency, platform, account, day, spend_minor)
SELECT DISTINCT ON (shop_id, campaign, currency, platform, account, day) *
FROM unnest($1::int4[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::int8[])
	AS r (shop_id, report_time, event_id, campaign, currency, platform, account, day, spend_minor)
ORDER BY shop_id, campaign, currency, platform, account, day, report_time DESC, event_id DESC
ON CONFLICT (shop_id, campaign, currency, platform, account, day) DO UPDATE
SET report_time = EXCLUDED.report_time, event_id = EXCLUDED.event_id, spend_minor = EXCLUDED.spend_minor
WHERE (EXCLUDED.report_time, EXCLUDED.event_id) > (spend.report_time, spend.event_id)
RETURNING shop_id, campaign
