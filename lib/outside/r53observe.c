/* What is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dirs.h"
#include "base/msg.h"
#include "outside/awsprofile.h"
#include "outside/r53cache.h"
#include "outside/r53job.h"
#include "values/mark.h"

const char *
r53job_check_prefix(const char *prefix)
{
	const size_t n = strspn(prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij"
					"klmnopqrstuvwxyz0123456789-");

	if (prefix[n] != '\0')
		return "only letters, digits and '-' may be in it";
	if (n < 1 || n > R53_PREFIX_MAX)
		return "not 1 to 15 characters";
	return NULL;
}

static int
take_lock(struct r53job *j, struct err *e)
{
	j->lock = rundir_lock(e, "ts-r53-apply.%s.%s", j->cfg.group,
			      j->cfg.prefix);
	return j->lock < 0 ? -1 : 0;
}

int
r53job_open(struct r53job *j, const struct r53config *c,
	    const struct aws_opts *o, bool lock, struct err *e)
{
	*j = (struct r53job){.cfg = *c, .lock = -1};
	r53view_init(&j->view);
	if (lock && take_lock(j, e) < 0)
		return -1;
	j->aws = aws_new(o, e);
	if (j->aws == NULL)
		return -1;
	r53_init(&j->api, j->aws, c->group, c->rate);
	j->api.wait_s = c->wait_s;
	return 0;
}

static void
forget(struct r53job *j)
{
	if (j->planned)
		r53plan_free(&j->plan);
	r53view_free(&j->view);
	free(j->other);
	free(j->touched);
	j->other = NULL;
	j->touched = NULL;
	j->nother = 0;
	j->planned = j->counted = j->changed = false;
}

/* The lock goes with the process. */
void
r53job_close(struct r53job *j)
{
	forget(j);
	aws_free(j->aws);
	j->aws = NULL;
}

static int
check_group(struct r53job *j, struct err *e)
{
	if (r53_group_get(&j->api, &j->group, e) < 0) {
		if (r53_trouble(&j->api) != R53_GONE)
			return -1;
		(void)err_set(e, EX_CONFIG, "there is no rule group '%s' in "
			      "%s", j->cfg.group, aws_region(j->aws));
		return err_hint(e, "aws route53resolver "
				   "list-firewall-rule-groups shows what there "
				   "is; see --region and --profile");
	}
	aws_take_account(j->aws, j->group.arn);
	if (strcmp(j->group.share, "SHARED_WITH_ME") == 0)
		return err_set(e, EX_CONFIG, "the rule group '%s' belongs to "
			       "another account, which shares it: only there "
			       "can it be changed", j->cfg.group);
	return 0;
}

bool
r53job_name_read(const struct r53job *j, const char *name,
		 enum layers_kind *kind, struct span *target)
{
	const size_t n = strlen(j->cfg.prefix);

	return strncmp(name, j->cfg.prefix, n) == 0 && name[n] == '_' &&
	       layers_name_read(name + n + 1, kind, target);
}

static int
not_ours(const struct r53_list *l, struct err *e, const char *why)
{
	return err_set(e, EX_CONFIG, "refused: the domain list '%s' (%s) %s",
		       l->name, l->id, why);
}

/* Whose a list of our name is: 1 ours, -1 refused. */
static int
judge(const struct r53job *j, const struct r53_list *l, struct err *e)
{
	struct span device, rest;
	const size_t n = strlen(j->cfg.group);

	switch (mark_read(l->creator, j->cfg.device, &device, &rest)) {
	case MARK_OTHER:
		(void)not_ours(l, e, "belongs to another device");
		return err_hint(e, "its device is '%.*s': give each its own "
				   "--prefix", (int)device.n, device.p);
	case MARK_NONE:
		if (j->cfg.adopt)
			return 1;
		(void)not_ours(l, e, "has a name of ours, but was not made by "
				     "ts-tools");
		return err_hint(e, "if it may be replaced and deleted, say "
				   "--adopt");
	case MARK_OURS:
		break;
	}
	if (rest.n >= n && strncmp(rest.p, j->cfg.group, n) == 0 &&
	    (rest.n == n || rest.p[n] == ' '))
		return 1;
	(void)not_ours(l, e, "belongs to another rule group");
	return err_hint(e, "its group is '%.*s': give each its own --prefix",
			(int)strcspn(rest.p, " "), rest.p);
}

static int
take_list(struct r53job *j, const struct r53_list *l, struct err *e)
{
	struct r53one *one;
	enum layers_kind kind;
	struct span target;

	if (l->managed)
		return 0;
	if (!r53job_name_read(j, l->name, &kind, &target)) {
		memcpy(j->other[j->nother++], l->id, sizeof(l->id));
		return 0;
	}
	if (judge(j, l, e) < 0 || (one = r53view_add(&j->view, e)) == NULL)
		return -1;
	one->list = *l;
	/* It may have gone since. */
	if (r53_list_wait(&j->api, &one->list, e) == 0)
		return 0;
	if (r53_trouble(&j->api) != R53_GONE)
		return -1;
	j->view.n--;
	return 0;
}

static int
read_lists(struct r53job *j, struct err *e)
{
	struct r53_list *v;
	size_t n, i;
	int rc;

	if (r53_lists(&j->api, &v, &n, e) < 0)
		return -1;
	j->other = calloc(n + 1, sizeof(*j->other));
	rc = j->other != NULL ? 0 : err_mem(e);
	for (i = 0; i < n && rc == 0; i++)
		rc = take_list(j, &v[i], e);
	free(v);
	return rc;
}

static struct r53one *
one_of(struct r53job *j, const struct r53_rule *rule)
{
	size_t i;

	for (i = 0; i < j->view.n && !rule->narrow; i++)
		if (strcmp(j->view.v[i].list.id, rule->list) == 0)
			return &j->view.v[i];
	return NULL;
}

/* Parts the rules into ours and others'. */
static int
read_rules(struct r53job *j, struct err *e)
{
	struct r53_rule *v;
	size_t n, i, others = 0;

	if (r53_rules(&j->api, &v, &n, e) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		struct r53one *const one = one_of(j, &v[i]);

		if (one == NULL) {
			v[others++] = v[i];
			continue;
		}
		one->ruled = true;
		one->rule = v[i];
	}
	j->view.other = v;
	j->view.nother = others;
	return 0;
}

int
r53job_observe(struct r53job *j, struct err *e)
{
	forget(j);
	if (check_group(j, e) < 0 || read_lists(j, e) < 0)
		return -1;
	return read_rules(j, e);
}

size_t
r53job_rules_room(const struct r53job *j)
{
	return j->view.nother < R53_RULES_MAX
		       ? R53_RULES_MAX - j->view.nother : 0;
}

int
r53job_room(struct r53job *j, uint64_t *names, struct err *e)
{
	size_t i;

	for (i = 0; i < j->nother && !j->counted; i++) {
		struct r53_list l = {0};

		memcpy(l.id, j->other[i], sizeof(l.id));
		if (r53_list_get(&j->api, &l, e) == 0)
			j->view.others += l.count;
		else if (r53_trouble(&j->api) != R53_GONE)
			return -1;
	}
	j->counted = true;
	*names = j->cfg.max_domains > j->view.others
			 ? j->cfg.max_domains - j->view.others : 0;
	return 0;
}

void
r53job_keep(struct r53job *j, const struct r53_list *l,
	    const struct r53names *names)
{
	char text[ERR_MSG_MAX];
	struct err e;

	if (r53cache_save(j->cfg.state, l, names, &e) == 0)
		return;
	j->cfg.state = NULL;
	(void)snprintf(text, sizeof(text), "no record for the next run: %.400s",
		       e.msg);
	j->cfg.say(MSG_WARN, text);
}

static int
know(struct r53job *j, struct r53one *one, struct err *e)
{
	if (one->known)
		return 0;
	if (one->list.id[0] != '\0' && one->list.count > 0 &&
	    !r53cache_load(j->cfg.state, &one->list, &one->have)) {
		if (r53_domains(&j->api, one->list.id, &one->have, e) < 0) {
			j->changed = r53_trouble(&j->api) == R53_GONE;
			return -1;
		}
		one->list.count = one->have.n;
		r53job_keep(j, &one->list, &one->have);
	}
	one->known = true;
	return 0;
}

int
r53job_know_all(struct r53job *j, struct err *e)
{
	size_t i;

	for (i = 0; i < j->view.n; i++)
		if (know(j, &j->view.v[i], e) < 0)
			return -1;
	return 0;
}

/* ---- what is wanted */

static bool
is_marked(const struct r53job *j, const struct r53_list *l)
{
	return mark_read(l->creator, j->cfg.device, NULL, NULL) == MARK_OURS;
}

/* The list of that name that is there: of two the one that has a rule. */
static struct r53one *
find_there(struct r53job *j, const char *name)
{
	struct r53one *best = NULL;
	size_t i;

	for (i = 0; i < j->view.n; i++) {
		struct r53one *const one = &j->view.v[i];

		if (strcmp(one->list.name, name) == 0 &&
		    is_marked(j, &one->list) &&
		    (best == NULL || (one->ruled && !best->ruled)))
			best = one;
	}
	return best;
}

static void
set_does(const struct r53job *j, const struct layers_list *l,
	 struct r53_does *d)
{
	static const enum r53_action actions[] = {
		[LAYERS_BLOCK] = R53_BLOCK, [LAYERS_ALERT] = R53_ALERT,
		[LAYERS_ALLOW] = R53_ALLOW};

	*d = (struct r53_does){.action = actions[l->action],
			       .trust = l->trust};
	if (d->action != R53_BLOCK)
		return;
	d->block = l->kind == LAYERS_NXDOMAIN ? R53_NXDOMAIN
		   : l->kind == LAYERS_NODATA ? R53_NODATA : R53_OVERRIDE;
	if (d->block != R53_OVERRIDE)
		return;
	(void)snprintf(d->target, sizeof(d->target), "%s", l->target);
	d->ttl = j->cfg.ttl;
}

static int
want_one(struct r53job *j, const struct layers *l,
	 const struct layers_list *list, struct err *e)
{
	char name[R53_NAME_MAX + 1];
	struct r53one *one;
	size_t i;

	(void)snprintf(name, sizeof(name), "%s_%s", j->cfg.prefix, list->name);
	one = find_there(j, name);
	if (one == NULL && (one = r53view_add(&j->view, e)) == NULL)
		return -1;
	memcpy(one->list.name, name, sizeof(name));
	one->wanted = true;
	one->layer = list->level;
	one->blocks = list->kind <= LAYERS_REDIRECT;
	set_does(j, list, &one->does);
	for (i = 0; i < list->n; i++) {
		const char *const s = layers_name(l, list, i);

		if (r53names_add(&one->want, s, strlen(s), e) < 0)
			return -1;
	}
	r53names_sort(&one->want);
	return know(j, one, e);
}

int
r53job_want(struct r53job *j, const struct layers *l, struct err *e)
{
	size_t i;

	for (i = 0; i < j->view.n; i++) {
		j->view.v[i].wanted = false;
		r53names_free(&j->view.v[i].want);
	}
	for (i = 0; i < l->nlists; i++)
		if (want_one(j, l, &l->list[i], e) < 0)
			return -1;
	/* Wanted before, and not any more, nor there. */
	for (i = 0; i < j->view.n; i++)
		if (!j->view.v[i].wanted && j->view.v[i].list.id[0] == '\0')
			r53view_drop(&j->view, i--);
	return 0;
}

bool
r53job_grows(const struct r53job *j)
{
	size_t i;

	for (i = 0; i < j->view.n; i++)
		if (!r53names_within(&j->view.v[i].want, &j->view.v[i].have))
			return true;
	return false;
}

/* By the names of the lists, so that monitor-only changes nothing here. */
static bool
blocks(const struct r53job *j, const struct r53one *one)
{
	enum layers_kind kind;
	struct span target;

	return r53job_name_read(j, one->list.name, &kind, &target) &&
	       kind <= LAYERS_REDIRECT;
}

int
r53job_check_shrink(struct r53job *j, struct err *e)
{
	uint64_t had = 0, want = 0;
	size_t i;

	for (i = 0; i < j->view.n; i++) {
		const struct r53one *const one = &j->view.v[i];

		if (one->ruled && blocks(j, one))
			had += one->list.count;
		if (one->wanted && one->blocks)
			want += one->want.n;
	}
	if ((double)want >= (double)had * (1 - j->cfg.max_shrink / 100))
		return 0;
	(void)err_set(e, EX_DATAERR, "refused: %llu entries would block, %llu "
		      "do now: %.1f %% fewer, over the --max-shrink of %g %%",
		      (unsigned long long)want, (unsigned long long)had,
		      100 * (1 - (double)want / (double)had),
		      j->cfg.max_shrink);
	return err_hint(e, "if that is meant, say --max-shrink 100");
}
