/* IP sets and rule groups by name and ARN; the run's beginning and end. */
#include "outside/waf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/msg.h"

struct waf_set *
waf_find_set(struct waf *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->nset; i++)
		if (strcmp(w->set[i]->item.name, name) == 0)
			return w->set[i];
	return NULL;
}

struct waf_set *
waf_need_set(struct waf *w, const char *name, const struct set_name *as,
	     struct err *e)
{
	struct waf_set *s = waf_find_set(w, name);

	if (s != NULL)
		return s;
	if (array_grow((void **)&w->set, &w->cap_set, w->nset + 1,
		       sizeof(*w->set), SETPLAN_SETS_MAX, "IP sets", e) < 0)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		(void)err_mem(e);
		return NULL;
	}
	s->name = *as;
	(void)snprintf(s->item.name, sizeof(s->item.name), "%s", name);
	entries_init(&s->held, kind_family(as->kind));
	w->set[w->nset++] = s;
	return s;
}

struct waf_set *
waf_set_by_arn(const struct waf *w, const char *arn)
{
	size_t i;

	for (i = 0; i < w->nset; i++)
		if (w->set[i]->exists && strcmp(w->set[i]->item.arn, arn) == 0)
			return w->set[i];
	return NULL;
}

struct waf_group *
waf_group_by_arn(const struct waf *w, const char *arn)
{
	size_t i;

	for (i = 0; i < w->ngroup; i++)
		if (w->group[i]->exists &&
		    strcmp(w->group[i]->item.arn, arn) == 0)
			return w->group[i];
	return NULL;
}

struct waf_group *
waf_need_group(struct waf *w, const char *name, enum verdict v,
	       uint32_t number, struct err *e)
{
	struct waf_group *g;
	size_t i;

	for (i = 0; i < w->ngroup; i++)
		if (strcmp(w->group[i]->item.name, name) == 0)
			return w->group[i];
	if (array_grow((void **)&w->group, &w->cap_group, w->ngroup + 1,
		       sizeof(*w->group), WAFV2_ITEMS_MAX, "rule groups", e) < 0)
		return NULL;
	g = calloc(1, sizeof(*g));
	if (g == NULL) {
		(void)err_mem(e);
		return NULL;
	}
	g->verdict = v;
	g->number = number;
	(void)snprintf(g->item.name, sizeof(g->item.name), "%s", name);
	buf_init(&g->text, AWS_ANSWER_MAX);
	w->group[w->ngroup++] = g;
	return g;
}

void
waf_say(const struct waf *w, int level, const char *fmt, ...)
{
	char text[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (w->ui.say != NULL)
		w->ui.say(w->ui.ctx, level, text);
}

static void
trace(void *ctx, const char *line)
{
	waf_say(ctx, MSG_DEBUG, "%s", line);
}

struct waf *
waf_open(const struct waf_config *cfg, const struct waf_ui *ui,
	 const struct aws_opts *aws, const struct wafpolicy *policy,
	 struct err *e)
{
	struct waf *w = calloc(1, sizeof(*w));
	size_t i;

	if (w == NULL) {
		(void)err_mem(e);
		return NULL;
	}
	w->cfg = *cfg;
	w->ui = *ui;
	w->policy = policy;
	w->lock = -1;
	mark_write(cfg->device, w->mark);
	for (i = 0; i < cfg->nacl; i++) {
		w->acl[i].name = cfg->acl[i];
		buf_init(&w->acl[i].text, AWS_ANSWER_MAX);
	}
	w->plan = calloc(1, sizeof(*w->plan));
	w->aws = aws_new(aws, e);
	if (w->plan == NULL || w->aws == NULL) {
		if (w->plan == NULL)
			(void)err_mem(e);
		waf_close(w);
		return NULL;
	}
	aws_set_trace(w->aws, trace, w);
	w->api = (struct wafv2){.aws = w->aws, .scope = cfg->scope,
				.write_ms = cfg->write_ms};
	return w;
}

void
waf_close(struct waf *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < w->nset; i++) {
		entries_free(&w->set[i]->held);
		free(w->set[i]);
	}
	for (i = 0; i < w->ngroup; i++) {
		wafrules_free(&w->group[i]->rules);
		buf_free(&w->group[i]->text);
		free(w->group[i]->set);
		free(w->group[i]);
	}
	for (i = 0; i < w->cfg.nacl; i++) {
		wafrules_free(&w->acl[i].rules);
		buf_free(&w->acl[i].text);
	}
	waf_drop_rules(w);
	if (w->plan != NULL)
		setplan_free(w->plan);
	if (w->lock >= 0)
		(void)close(w->lock);
	free(w->plan);
	free(w->input);
	free(w->want);
	free(w->set);
	free(w->group);
	aws_free(w->aws);
	free(w);
}
