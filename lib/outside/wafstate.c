/*
 * The record of the last run, which may be deleted at any time: for each set its
 * lock token and what it holds, so that neither has to be read while the token
 * that a list shows is the same; and a digest of the rules with the tokens of
 * all that they are in.
 */
#include "outside/waf.h"

#include <string.h>

#include "base/dirs.h"
#include "base/file.h"
#include "base/msg.h"
#include "outside/awsprofile.h"
#include "outside/digest.h"

#define PATH_SIZE 4096

/* Of one account, Region, scope and prefix. */
static int
make_path(const struct waf *w, char path[PATH_SIZE], struct err *e)
{
	const int n = snprintf(path, PATH_SIZE, "%s/wafv2.%s.%s.%s.%s",
			       w->cfg.state,
			       aws_account(w->aws), aws_region(w->aws),
			       w->cfg.scope, w->cfg.prefix);

	if (n >= PATH_SIZE)
		return err_set(e, EX_CONFIG, "'%.60s…' is too long",
			       w->cfg.state);
	return 0;
}

int
waf_lock(struct waf *w, struct err *e)
{
	w->lock = rundir_lock(e, "ts-wafv2-apply.%s.%s.%s.%s",
			      aws_account(w->aws), aws_region(w->aws),
			      w->cfg.scope, w->cfg.prefix);
	return w->lock < 0 ? -1 : 0;
}

static int
load_set(struct waf *w, const char *p, size_t n, struct waf_set **s,
	 struct err *e)
{
	struct span col[4], prefix;
	char name[WAF_NAME_MAX + 1];
	struct set_name as;

	if (stream_columns(p, n, col, 4) != 4 || col[1].n >= sizeof(name) ||
	    col[2].n >= sizeof((*s)->item.id) ||
	    col[3].n >= sizeof((*s)->item.token))
		return -1;
	memcpy(name, col[1].p, col[1].n);
	name[col[1].n] = '\0';
	if (!wafname_parse_set(name, &prefix, &as))
		return -1;
	*s = waf_need_set(w, name, &as, e);
	if (*s == NULL)
		return -1;
	memcpy((*s)->item.id, col[2].p, col[2].n);
	memcpy((*s)->item.token, col[3].p, col[3].n);
	(*s)->known = true;
	w->rec_sets++;
	return 0;
}

static int
load_line(struct waf *w, const char *p, size_t n, struct waf_set **s,
	  struct err *e)
{
	struct cidr c;

	if (n > 4 && memcmp(p, "set\t", 4) == 0)
		return load_set(w, p, n, s, e);
	if (*s == NULL || cidr_parse(p, n, true, &c) != CIDR_OK ||
	    c.family != (*s)->held.set.family)
		return -1;
	return entries_add(&(*s)->held, &c, 0, e);
}

static bool
load_all(struct waf *w, const char *path, struct err *e)
{
	struct waf_set *s = NULL;
	struct stream st;
	const char *key;
	char *p;
	size_t n;
	uint64_t groups = 0;
	enum stream_result r;

	if (stream_open(&st, path, "wafv2", e) < 0)
		return false;
	key = stream_key(&st, "rules");
	if (key != NULL && strlen(key) == SHA256_HEX)
		memcpy(w->rec_rules, key, SHA256_HEX + 1);
	key = stream_key(&st, "groups");
	w->complete = w->rec_rules[0] != '\0' && key != NULL &&
		      span_u64((struct span){key, strlen(key)}, WAFV2_ITEMS_MAX,
			       &groups);
	w->rec_groups = (size_t)groups;
	while ((r = stream_next(&st, &p, &n, e)) > 0)
		if (load_line(w, p, n, &s, e) < 0)
			break;
	stream_close(&st);
	return r == STREAM_END;
}

void
waf_load(struct waf *w)
{
	char path[PATH_SIZE];
	struct err e = {0};
	size_t i;
	bool good;

	w->loaded = true;
	if (w->cfg.state == NULL ||
	    make_path(w, path, &e) < 0)
		return;
	good = load_all(w, path, &e);
	for (i = 0; i < w->nset && good; i++)
		good = entries_sort(&w->set[i]->held, &e) == 0;
	if (good)
		return;
	if (e.code != EX_NOINPUT)
		waf_say(w, MSG_INFO, "the record '%s' is of no use",
			path);
	w->complete = false;
	w->rec_sets = 0;
	for (i = 0; i < w->nset; i++)
		w->set[i]->known = false;
}

static void
put_set(const struct waf_set *s, struct out *o, uint64_t *records)
{
	size_t i;

	out_fmt(o, "set\t%s\t%s\t%s\n", s->item.name, s->item.id,
		s->item.token);
	for (i = 0; i < entries_count(&s->held); i++) {
		const struct cidr c = entries_cidr(&s->held, i);
		char *p = out_room(o, CIDR_TEXT_MAX);
		const size_t n = cidr_format(&c, p);

		p[n] = '\n';
		out_took(o, n + 1);
	}
	*records += 1 + entries_count(&s->held);
}

int
waf_save(struct waf *w, bool complete, struct err *e)
{
	char path[PATH_SIZE], keys[128] = "", digest[SHA256_HEX + 1];
	struct replace r;
	uint64_t records = 0;
	size_t i, groups = 0;

	if (w->cfg.state == NULL)
		return 0;
	for (i = 0; i < w->ngroup; i++)
		groups += w->group[i]->exists;
	if (complete) {
		if (waf_rules_digest(w, digest, e) < 0)
			return -1;
		(void)snprintf(keys, sizeof(keys), "rules=%s\tgroups=%zu",
			       digest, groups);
	}
	if (file_mkdirs(w->cfg.state, 0755, e) < 0 ||
	    make_path(w, path, e) < 0 ||
	    replace_open(&r, path, 0600, e) < 0)
		return -1;
	stream_begin(&r.out, "wafv2", keys);
	for (i = 0; i < w->nset; i++)
		if (w->set[i]->exists && w->set[i]->known)
			put_set(w->set[i], &r.out, &records);
	stream_end(&r.out, records);
	return replace_commit(&r, e);
}

static void
add(struct buf *b, const char *s)
{
	(void)buf_addf(b, "%s\n", s != NULL ? s : "-");
}

int
waf_rules_digest(const struct waf *w, char hex[65], struct err *e)
{
	const struct wafrules_config *c = &w->cfg.rules;
	struct buf b;
	size_t i;
	int rc;

	buf_init(&b, AWS_ANSWER_MAX);
	add(&b, c->action[VERDICT_BLOCK]);
	add(&b, c->action[VERDICT_ALLOW]);
	add(&b, c->header);
	add(&b, c->header != NULL ? c->position : NULL);
	add(&b, c->header != NULL ? c->fallback : NULL);
	(void)buf_addf(&b, "%d %lld\n", (int)c->place, (long long)c->at);
	for (i = 0; i < w->cfg.nacl; i++) {
		add(&b, w->acl[i].item.arn);
		add(&b, w->acl[i].item.token);
	}
	for (i = 0; i < w->ngroup; i++)
		if (w->group[i]->exists) {
			add(&b, w->group[i]->item.arn);
			add(&b, w->group[i]->item.token);
		}
	for (i = 0; i < w->nset; i++)
		if (w->set[i]->want != NULL)
			add(&b, w->set[i]->exists ? w->set[i]->item.arn
						  : NULL);
	rc = buf_check(&b, "a record", e);
	if (rc == 0)
		rc = sha256_bytes(b.p, b.n, hex, e);
	buf_free(&b);
	return rc;
}
