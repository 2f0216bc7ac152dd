// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What campaign answers: one handler a request, gathered as rows in handlers.c. The context is the
// struct service.
#pragma once

#include "common/svc/svc.h"

extern const struct svc_route campaign_routes[];

// shop.c
enum svc_outcome shop_add(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			  struct err *e);
enum svc_outcome shop_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			   struct err *e);
// settings.c
enum svc_outcome shop_set(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			  struct err *e);
// offers.c
enum svc_outcome offer_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			    struct err *e);
enum svc_outcome offer_history(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			       struct err *e);
// campaigns.c
enum svc_outcome campaign_create(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				 struct err *e);
enum svc_outcome campaign_step(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			       struct err *e);
enum svc_outcome campaign_end(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			      struct err *e);
enum svc_outcome campaign_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			       struct err *e);
// affiliates.c
enum svc_outcome affiliate_set(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			       struct err *e);
enum svc_outcome affiliate_key_set(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				   struct err *e);
enum svc_outcome commission_set(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				struct err *e);
enum svc_outcome affiliate_payout(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				  struct err *e);
enum svc_outcome affiliate_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				struct err *e);
// targets.c
enum svc_outcome target_set(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			    struct err *e);
// rules.c
enum svc_outcome channel_rules_set(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				   struct err *e);
enum svc_outcome channel_rules_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				    struct err *e);
// directives.c
enum svc_outcome directive_decide(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				  struct err *e);
enum svc_outcome directive_confirm(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				   struct err *e);
enum svc_outcome directive_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				struct err *e);
// message_commands.c
enum svc_outcome message_publish(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				 struct err *e);
enum svc_outcome message_withdraw(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				  struct err *e);
// message_queries.c
enum svc_outcome message_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			      struct err *e);
enum svc_outcome message_check_now(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				   struct err *e);
enum svc_outcome message_alert_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				    struct err *e);
// reductions.c
enum svc_outcome reduction_announce(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				    struct err *e);
enum svc_outcome reduction_end(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			       struct err *e);
enum svc_outcome prior_price(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			     struct err *e);
enum svc_outcome reduction_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				struct err *e);
// suppliers.c
enum svc_outcome supplier_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			       struct err *e);
