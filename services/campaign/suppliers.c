// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests about suppliers.
// supplier_list  Input: shop, a supplier or "". Output: suppliers as they were told last.
#include "services/campaign/handlers.h"

#include "services/campaign/service.h"
#include "services/campaign/views.h"

enum { SUPPLIERS_MAX = 4000 };

static bool read_supplier(struct arena *arena, const struct db_result *result, int row,
			  Utarg__V1__SupplierView *out, struct err *e)
{
	struct slice latest = db_get_bytes(result, row, 0);

	utarg__v1__supplier_view__init(out);
	out->latest = utarg__v1__supplier_updated__unpack(&arena->allocator, latest.size, latest.data);
	if (out->latest == NULL)
		return arena->exhausted ? views_too_large(e)
					: err_set(e, ERR_INTERNAL, "a stored supplier does not decode");
	out->since_ms = db_get_time_ms(result, row, 1);
	out->revision = (uint64_t)db_get_int(result, row, 2);
	return true;
}

static bool read_suppliers(struct arena *arena, const struct db_result *result,
			   Utarg__V1__SupplierListReply *body, struct err *e)
{
	size_t count = (size_t)db_rows(result);
	Utarg__V1__SupplierView *views = arena_calloc(arena, count + 1, sizeof(*views));

	if (count > SUPPLIERS_MAX)
		return err_set(e, ERR_TOO_MANY, "there are more than %d suppliers: ask for one by its id",
			       SUPPLIERS_MAX);
	body->suppliers = arena_calloc(arena, count + 1, sizeof(*body->suppliers));
	if (views == NULL || body->suppliers == NULL)
		return views_too_large(e);
	for (size_t i = 0; i < count; i++) {
		if (!read_supplier(arena, result, (int)i, &views[i], e))
			return false;
		body->suppliers[body->n_suppliers++] = &views[i];
	}
	return true;
}

enum svc_outcome supplier_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			       struct err *e)
{
	struct service *service = context;
	const Utarg__V1__SupplierListRequest *list = (const void *)request->body;
	Utarg__V1__SupplierListReply *body = arena_alloc(request->arena, sizeof(*body));
	struct db_result *result;
	int32_t shop_id;
	bool ok;

	if (body == NULL) {
		views_too_large(e);
		return SVC_FAILED;
	}
	utarg__v1__supplier_list_reply__init(body);
	if (!service_check(service, e) || !shops_find(service->shops, service->db, list->shop, &shop_id, e))
		return SVC_FAILED;
	struct db_value values[] = {db_int4(shop_id), db_text(list->supplier_id), db_int4(SUPPLIERS_MAX + 1)};
	if (!db_run(service->db, "campaign_supplier_list", values, 3, &result, e))
		return SVC_FAILED;
	ok = read_suppliers(request->arena, result, body, e);
	db_result_free(result);
	reply->body_case = UTARG__V1__REPLY__BODY_SUPPLIER_LIST;
	reply->supplier_list = body;
	return ok ? SVC_REPLIED : SVC_FAILED;
}
