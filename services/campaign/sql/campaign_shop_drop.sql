-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- All that was folded from a shop's journal: it is loaded again from a new epoch.
WITH a AS (DELETE FROM campaign.price WHERE shop_id = $1::int4),
     b AS (DELETE FROM campaign.offer WHERE shop_id = $1::int4),
     c AS (DELETE FROM campaign.stock WHERE shop_id = $1::int4),
     d AS (DELETE FROM campaign.campaign WHERE shop_id = $1::int4),
     e AS (DELETE FROM campaign.target WHERE shop_id = $1::int4),
     f AS (DELETE FROM campaign.supplier WHERE shop_id = $1::int4),
     g AS (DELETE FROM campaign.reduction WHERE shop_id = $1::int4),
     h AS (DELETE FROM campaign.message WHERE shop_id = $1::int4),
     i AS (DELETE FROM campaign.message_claim WHERE shop_id = $1::int4),
     j AS (DELETE FROM campaign.coupon WHERE shop_id = $1::int4),
     k AS (DELETE FROM campaign.message_shown WHERE shop_id = $1::int4),
     l AS (DELETE FROM campaign.message_alert WHERE shop_id = $1::int4),
     channel_rules AS (DELETE FROM campaign.channel_rules WHERE shop_id = $1::int4),
     directive AS (DELETE FROM campaign.directive WHERE shop_id = $1::int4),
     affiliate AS (DELETE FROM campaign.affiliate WHERE shop_id = $1::int4),
     affiliate_key AS (DELETE FROM campaign.affiliate_key WHERE shop_id = $1::int4),
     commission AS (DELETE FROM campaign.commission WHERE shop_id = $1::int4),
     affiliate_paid AS (DELETE FROM campaign.affiliate_paid WHERE shop_id = $1::int4)
DELETE FROM campaign.spend WHERE shop_id = $1::int4
