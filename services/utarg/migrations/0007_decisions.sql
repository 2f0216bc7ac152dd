-- SPDX-FileCopyrightText: 2026 The Utarg authors
-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Offers, campaigns, messages, directives, affiliates, and what they bring: attribution and marketing figures.

-- attribution and marketing figures: entities have more state and there are more cells, so the figures of every shop
-- are made again from its journal ---------------------------------------------------------------------------------
TRUNCATE metrics.cell, metrics.entity, metrics.position, metrics.day_history;

-- offers and prices ------------------------------------------------------------------------------------------------

-- campaigns --------------------------------------------------------------------------------------------------------

-- directives -------------------------------------------------------------------------------------------------------

-- messages ---------------------------------------------------------------------------------------------------------

-- affiliates -------------------------------------------------------------------------------------------------------
