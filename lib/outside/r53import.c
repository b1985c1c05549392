/* Many names by way of an object in S3: one call instead of one for 1000. */
#include <stdio.h>
#include <string.h>

#include "outside/r53job.h"
#include "outside/s3.h"

#define IMPORT_MAX 250000 /* lines of a file, the quota as it comes */
#define IMPORT_CALLS 3 /* writes that are not worth an object */

bool
r53job_imports(const struct r53job *j, const struct r53step *s)
{
	const struct r53one *const one = &j->view.v[s->one];

	/* Part of a change is never the whole of a list. */
	return j->cfg.bucket != NULL && j->plan.slices.n == 0 &&
	       (s->op == R53_NAMES_ADD || s->op == R53_NAMES_REMOVE) &&
	       s->n > IMPORT_CALLS * R53_BATCH &&
	       one->have.n + one->want.n <= IMPORT_MAX;
}

static void
put_line(struct buf *b, const char *s)
{
	(void)buf_add(b, s, strlen(s));
	(void)buf_add(b, "\n", 1);
}

/* What the list is to hold after the step: all that is wanted, and before the
 * names are taken away, what it holds already. */
static int
put_lines(const struct r53one *one, enum r53_op op, struct buf *b,
	  struct err *e)
{
	struct r53some old = {0};
	size_t i;

	if (op == R53_NAMES_ADD &&
	    r53names_minus(&one->have, &one->want, &old, e) < 0)
		return -1;
	for (i = 0; i < one->want.n; i++)
		put_line(b, r53names_get(&one->want, i));
	for (i = 0; i < old.n; i++)
		put_line(b, old.v[i]);
	r53some_free(&old);
	return buf_check(b, "an object of names", e);
}

int
r53job_import(struct r53job *j, const struct r53step *s, struct err *e)
{
	const struct r53one *const one = &j->view.v[s->one];
	char key[S3_KEY_MAX + 1], url[S3_BUCKET_MAX + S3_KEY_MAX + 8];
	struct s3 *s3 = s3_open(j->aws, j->cfg.bucket, NULL, e);
	struct buf b;
	int rc;

	if (s3 == NULL)
		return -1;
	buf_init(&b, S3_PUT_MAX);
	(void)snprintf(key, sizeof(key), "%s%s.txt", j->cfg.key, one->list.id);
	(void)snprintf(url, sizeof(url), "s3://%s/%s", j->cfg.bucket, key);
	rc = put_lines(one, s->op, &b, e);
	if (rc == 0)
		rc = s3_put(s3, key, "text/plain", b.p, b.n, &j->api.ae, e);
	if (rc == 0)
		rc = r53_import(&j->api, one->list.id, url, e);
	buf_free(&b);
	s3_close(s3);
	return rc;
}
