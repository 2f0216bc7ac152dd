// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See plan.h. The tables are read once, at start; nothing here runs per event but the two look-ups.
#include "services/ingest/core/plan.h"

#include "common/base/money.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "utarg/v1/event.pb-c.h"

enum { TEXT_MAX = 1000, ID_MAX = 64, QUANTITY_MAX = 1000000, SHARE_MAX_BP = 10000 };
#define COUNT_MAX INT64_C(1000000000000000)

// The type a row speaks of; a name alone is not enough: foreground_ms is a length of time, placed_at_ms a
// moment.
enum rule_type { RULE_STRING, RULE_BYTES, RULE_INT64, RULE_UINT32, RULE_ENUM };

// The first row that fits a field gives its check. message "" is any; a name that begins with '*' is an
// ending.
struct rule {
	const char *message;
	const char *name;
	enum rule_type type;
	enum plan_check check;
	int64_t min, max;
};

static const struct rule rules[] = {
	{"Event", "id", RULE_BYTES, PLAN_EVENT_ID, 0, 16},
	{"Event", "shop", RULE_STRING, PLAN_SLUG, 0, 63},
	{"Event", "occurred_at_ms", RULE_INT64, PLAN_TIME_EVENT, 0, 0},
	{"Subject", "click_id", RULE_STRING, PLAN_TEXT, 0, TEXT_MAX}, // a value of gclid, no id of the shop
	{"Context", "country", RULE_STRING, PLAN_COUNTRY, 0, 2},
	{"Context", "*", RULE_STRING, PLAN_TEXT, 0, 256},
	{"Context", "*", RULE_ENUM, PLAN_ENUM_OPEN, 0, 0},
	{"", "ship_to_country", RULE_STRING, PLAN_COUNTRY, 0, 2},
	{"", "currency", RULE_STRING, PLAN_CURRENCY, 0, 3},
	{"", "zone", RULE_STRING, PLAN_ZONE, 0, 63},
	{"", "day", RULE_STRING, PLAN_DAY, 0, 10},
	{"", "*_day", RULE_STRING, PLAN_DAY, 0, 10},
	{"", "platform", RULE_STRING, PLAN_TEXT, 0, 32},
	{"", "account", RULE_STRING, PLAN_TEXT, 0, 48},
	{"PriorPrice", "shop", RULE_STRING, PLAN_TEXT, 0, 63},
	{"", "campaign", RULE_STRING, PLAN_TEXT, 0, 128},
	{"", "feed", RULE_STRING, PLAN_TEXT, 0, 128},
	{"", "placement", RULE_STRING, PLAN_TEXT, 0, 128},
	{"", "affiliate", RULE_STRING, PLAN_TEXT, 0, 256}, // as in Context
	{"", "marketing_channel", RULE_STRING, PLAN_TEXT, 0, ID_MAX},
	{"", "market", RULE_STRING, PLAN_TEXT, 0, ID_MAX},
	{"", "location", RULE_STRING, PLAN_TEXT, 0, ID_MAX},
	{"", "sku", RULE_STRING, PLAN_TEXT, 0, ID_MAX},
	{"", "skus", RULE_STRING, PLAN_TEXT, 0, ID_MAX},
	{"", "*_id", RULE_STRING, PLAN_TEXT, 0, ID_MAX},
	{"", "*_ref", RULE_STRING, PLAN_TEXT, 0, ID_MAX},
	{"", "*", RULE_STRING, PLAN_TEXT, 0, TEXT_MAX},
	{"", "signature", RULE_BYTES, PLAN_BYTES, 0, 128},
	{"", "*", RULE_BYTES, PLAN_BYTES, 0, TEXT_MAX},
	{"StockChanged", "quantity", RULE_INT64, PLAN_RANGE, 0, QUANTITY_MAX},
	{"", "quantity", RULE_INT64, PLAN_RANGE, 1, QUANTITY_MAX},
	{"", "per_unit_nano", RULE_INT64, PLAN_RANGE, 1, MONEY_RATE_MAX_NANO},
	{"OrderCost", "net_minor", RULE_INT64, PLAN_AMOUNT, -MONEY_MAX_MINOR,
	 MONEY_MAX_MINOR}, // a fee paid back
	{"", "*_minor", RULE_INT64, PLAN_AMOUNT, 0, MONEY_MAX_MINOR},
	{"", "minor", RULE_INT64, PLAN_AMOUNT, 0, MONEY_MAX_MINOR},
	{"", "placed_at_ms", RULE_INT64, PLAN_TIME_PAST, 0, 0},
	{"", "report_time_ms", RULE_INT64, PLAN_TIME_PAST, 0, 0},
	{"", "clicked_at_ms", RULE_INT64, PLAN_TIME_PAST, 0, 0},
	{"", "*_ms", RULE_INT64, PLAN_TIME_ANY, 0, 0},
	{"", "*", RULE_INT64, PLAN_RANGE, 0, COUNT_MAX}, // counts
	{"", "score", RULE_UINT32, PLAN_RANGE, 1, 5},
	{"", "*_bp", RULE_UINT32, PLAN_RANGE, 0, SHARE_MAX_BP},
	{"", "*", RULE_UINT32, PLAN_RANGE, 0, UINT32_MAX},
	{"", "*", RULE_ENUM, PLAN_ENUM, 0, 0},
};

// What a message cannot do without; "a|b": one of the two.
static const struct {
	const char *message;
	const char *fields[PLAN_REQUIRED_MAX];
} required[] = {
	{"Event", {"id", "shop", "occurred_at_ms"}},
	{"PageError", {"kind"}},
	{"ItemRef", {"sku"}},
	{"Promotion", {"promotion_id"}},
	{"CartItem", {"cart_id", "sku", "quantity"}},
	{"CartRef", {"cart_id"}},
	{"CartMerged", {"from_cart_id", "into_cart_id"}},
	{"CheckoutStep", {"cart_id"}},
	{"CouponUse", {"cart_id", "coupon"}},
	{"PaymentFailed", {"cart_id|order_id"}},
	{"OrderLine", {"sku", "quantity"}},
	{"Order", {"order_id", "currency"}},
	{"OrderPaid", {"order_id", "amount_minor", "currency"}},
	{"OrderCost", {"order_id", "cost_kind", "currency"}},
	{"OrderCancelled", {"order_id"}},
	{"RefundLine", {"sku", "quantity"}},
	{"Refund", {"refund_id", "currency"}},
	{"OrderFulfilled", {"order_id"}},
	{"OrderDelivered", {"order_id"}},
	{"ParcelRefused", {"order_id"}},
	{"ReturnReceived", {"order_id", "return_id"}},
	{"WithdrawalReceived", {"order_id", "withdrawal_id"}},
	{"OfferUpdated", {"sku"}},
	{"LocalizedText", {"language", "text"}},
	{"StockChanged", {"sku"}},
	{"SupplierUpdated", {"supplier_id"}},
	{"FeedStatus", {"platform"}},
	{"ServiceCase", {"case_id"}},
	{"ServiceRated", {"case_id", "score"}},
	{"ComplaintReceived", {"complaint_id"}},
	{"ReviewPosted", {"review_id", "score"}},
	{"OrderDigestRow", {"order_id", "currency"}},
	{"OrderDigest", {"day"}},
	{"AdSpend", {"platform", "day", "currency", "report_time_ms"}},
	{"MailingStats", {"platform", "day", "report_time_ms"}},
	{"SeoStats", {"platform", "day", "report_time_ms"}},
	{"AffiliateClick", {"affiliate"}},
	{"MessageShown", {"message_id", "placement"}},
	{"RatePublished", {"rate_source", "day", "rates"}},
	{"Rate", {"currency", "per_unit_nano"}},
	{"ChannelRule", {"marketing_channel"}},
	{"ConsentUpdate", {"consent"}},
};

// What one kind needs beyond its message: order_updated may take the last line away, a purchase has one.
static const struct {
	const char *body, *field;
} required_by_kind[] = {
	{"purchase", "lines"},
	{"return_received", "lines"},
};

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static bool rule_type_of(ProtobufCType type, enum rule_type *out)
{
	static const struct {
		ProtobufCType type;
		enum rule_type rule;
	} types[] = {
		{PROTOBUF_C_TYPE_STRING, RULE_STRING}, {PROTOBUF_C_TYPE_BYTES, RULE_BYTES},
		{PROTOBUF_C_TYPE_INT64, RULE_INT64},   {PROTOBUF_C_TYPE_UINT32, RULE_UINT32},
		{PROTOBUF_C_TYPE_ENUM, RULE_ENUM},
	};
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (types[i].type == type) {
			*out = types[i].rule;
			return true;
		}
	}
	return false;
}

static bool name_fits(const char *name, const char *pattern)
{
	if (pattern[0] != '*')
		return strcmp(name, pattern) == 0;
	size_t size = strlen(name), ending = strlen(pattern + 1);
	return size >= ending && strcmp(name + size - ending, pattern + 1) == 0;
}

static void field_compile(const char *message, const ProtobufCFieldDescriptor *descriptor,
			  struct plan_field *out)
{
	enum rule_type type;

	*out = (struct plan_field){.descriptor = descriptor, .check = PLAN_FREE, .needs = -1};
	if (!rule_type_of(descriptor->type, &type)) {
		// A bool is free and a uint64 is a seq; another type needs rows here before an event may use
		// it.
		assert(descriptor->type == PROTOBUF_C_TYPE_BOOL ||
		       descriptor->type == PROTOBUF_C_TYPE_UINT64);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		const struct rule *rule = &rules[i];
		if (rule->type != type || !name_fits(descriptor->name, rule->name))
			continue;
		if (rule->message[0] != '\0' && strcmp(rule->message, message) != 0)
			continue;
		out->check = rule->check;
		out->min = rule->min;
		out->max = rule->max;
		return;
	}
}

int plan_field_by_number(const struct plan *plan, uint32_t number)
{
	if (number < PLAN_NUMBERS_MAX)
		return plan->by_number[number];
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field(plan->descriptor, number);
	return field ? (int)(field - plan->descriptor->fields) : -1;
}

int plan_field_by_name(const struct plan *plan, const char *name)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(plan->descriptor, name);
	return field ? (int)(field - plan->descriptor->fields) : -1;
}

static int16_t required_index(const struct plan *plan, const char *name)
{
	int index = plan_field_by_name(plan, name);
	assert(index >= 0);
	return (int16_t)index;
}

static void required_add(struct plan *plan, const char *text)
{
	char name[64];
	const char *bar = strchr(text, '|');
	size_t size = bar ? (size_t)(bar - text) : strlen(text);

	assert(size < sizeof(name) && plan->required_count < PLAN_REQUIRED_MAX);
	memcpy(name, text, size);
	name[size] = '\0';
	plan->required[plan->required_count++] = (struct plan_required){
		.field = required_index(plan, name), .or_field = bar ? required_index(plan, bar + 1) : -1};
}

static void required_compile(struct plan *plan)
{
	for (size_t i = 0; i < COUNT_OF(required); i++) {
		if (strcmp(required[i].message, plan->descriptor->short_name) != 0)
			continue;
		for (size_t k = 0; k < PLAN_REQUIRED_MAX && required[i].fields[k]; k++)
			required_add(plan, required[i].fields[k]);
	}
}

static struct plan *plan_find(struct plan *plan, const ProtobufCMessageDescriptor *descriptor)
{
	while (plan && plan->descriptor != descriptor)
		plan = plan->next;
	return plan;
}

// A oneof of one field is only a way to say "there". One of several would need the walk to refuse two of
// them, which decoders read differently; Event.body is the only one, and validate.c looks at it first.
static bool shares_its_oneof(const ProtobufCMessageDescriptor *descriptor, unsigned index)
{
	const ProtobufCFieldDescriptor *field = &descriptor->fields[index];

	if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || descriptor == &utarg__v1__event__descriptor)
		return false;
	return index > 0 && (descriptor->fields[index - 1].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
	       descriptor->fields[index - 1].quantifier_offset == field->quantifier_offset;
}

// Makes the plan of one message type and, first, those of the types it holds; *all is the list so far.
static struct plan *plan_compile(const ProtobufCMessageDescriptor *descriptor, struct plan **all)
{
	struct plan *plan = plan_find(*all, descriptor);

	if (plan)
		return plan;
	assert(descriptor->n_fields <= PLAN_FIELDS_MAX);
	plan = calloc(1, sizeof(*plan));
	struct plan_field *fields = calloc(descriptor->n_fields + 1, sizeof(*fields));
	if (!plan || !fields)
		abort();
	*plan = (struct plan){.descriptor = descriptor, .fields = fields, .currency = -1};
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
		assert(!shares_its_oneof(descriptor, i));
		if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
			fields[i] =
				(struct plan_field){.descriptor = field, .check = PLAN_MESSAGE, .needs = -1};
			fields[i].message = plan_compile(field->descriptor, all);
		} else {
			// A repeated number may come packed, which shape.c does not read.
			assert(field->label != PROTOBUF_C_LABEL_REPEATED ||
			       field->type == PROTOBUF_C_TYPE_STRING);
			field_compile(descriptor->short_name, field, &fields[i]);
			if (fields[i].check == PLAN_CURRENCY)
				plan->currency = (int16_t)i;
		}
	}
	for (unsigned i = 0; i < PLAN_NUMBERS_MAX; i++)
		plan->by_number[i] = -1;
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		if (descriptor->fields[i].id < PLAN_NUMBERS_MAX)
			plan->by_number[descriptor->fields[i].id] = (int16_t)i;
	}
	required_compile(plan);
	plan->next = *all;
	*all = plan;
	return plan;
}

static void needs_compile(struct plan *plan)
{
	for (size_t i = 0; i < COUNT_OF(required_by_kind); i++) {
		int body = plan_field_by_name(plan, required_by_kind[i].body);
		if (body >= 0)
			plan->fields[body].needs =
				required_index(plan->fields[body].message, required_by_kind[i].field);
	}
}

struct plan *plan_create(const ProtobufCMessageDescriptor *descriptor)
{
	struct plan *all = NULL;
	struct plan *plan = plan_compile(descriptor, &all);

	assert(plan == all); // the outermost is made last and heads the list
	if (descriptor == &utarg__v1__event__descriptor)
		needs_compile(plan);
	return plan;
}

void plan_destroy(struct plan *plan)
{
	while (plan) {
		struct plan *next = plan->next;
		free(plan->fields);
		free(plan);
		plan = next;
	}
}
