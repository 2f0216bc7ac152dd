-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Of these campaigns: what there is to do (4: STOP_OFFER), and the latest 20 besides.
SELECT d.campaign, d.latest, d.event_time, d.revision, p.seq, p.epoch
FROM (
	SELECT *, row_number() OVER (PARTITION BY campaign ORDER BY revision DESC) AS place
	FROM campaign.directive
	WHERE shop_id = $1::int4 AND campaign = ANY ($2::text[])
) d
JOIN campaign.position p ON p.shop_id = d.shop_id
WHERE d.place <= 20 OR d.state BETWEEN 1 AND 3 OR d.state = 5 AND d.action = 4
ORDER BY d.campaign, d.revision DESC
