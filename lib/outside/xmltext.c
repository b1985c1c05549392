#include "outside/xmltext.h"

#include <expat.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DEPTH_MAX 32

struct reading {
	XML_Parser parser;
	struct xmltext *want;
	struct xmltext *now; /* the element whose text is being taken */
	int depth, now_depth;
	bool too_long, refused;
};

static void XMLCALL
on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct reading *r = ctx;
	const char *colon = strchr(name, ':');
	struct xmltext *w;

	(void)attributes;
	if (++r->depth > DEPTH_MAX) {
		r->refused = true;
		(void)XML_StopParser(r->parser, XML_FALSE);
		return;
	}
	if (colon != NULL)
		name = colon + 1;
	for (w = r->want; r->now == NULL && w->name != NULL; w++)
		if (w->value[0] == '\0' && strcmp(w->name, name) == 0) {
			r->now = w;
			r->now_depth = r->depth;
		}
}

static void XMLCALL
on_end(void *ctx, const XML_Char *name)
{
	struct reading *r = ctx;

	(void)name;
	if (r->depth-- == r->now_depth)
		r->now = NULL;
}

static void XMLCALL
on_text(void *ctx, const XML_Char *s, int n)
{
	struct reading *r = ctx;
	size_t have;

	if (r->now == NULL || r->depth != r->now_depth)
		return;
	have = strlen(r->now->value);
	if ((size_t)n >= r->now->size - have) {
		r->too_long = true;
		return;
	}
	memcpy(r->now->value + have, s, (size_t)n);
	r->now->value[have + (size_t)n] = '\0';
}

static void XMLCALL
on_doctype(void *ctx, const XML_Char *name, const XML_Char *sysid,
	   const XML_Char *pubid, int internal)
{
	struct reading *r = ctx;

	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	r->refused = true;
	(void)XML_StopParser(r->parser, XML_FALSE);
}

int
xmltext_read(const char *xml, size_t n, struct xmltext *want, struct err *e)
{
	struct reading r = {.want = want};
	struct xmltext *w;
	int rc = 0;

	for (w = want; w->name != NULL; w++)
		w->value[0] = '\0';
	r.parser = XML_ParserCreate("UTF-8");
	if (r.parser == NULL)
		return err_mem(e);
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	if (n > INT32_MAX ||
	    XML_Parse(r.parser, xml, (int)n, XML_TRUE) != XML_STATUS_OK)
		rc = err_set(e, EX_DATAERR, "the answer is no XML%s",
			     r.refused ? " that is taken" : "");
	else if (r.too_long)
		rc = err_set(e, EX_DATAERR, "a text of the answer is too long");
	XML_ParserFree(r.parser);
	return rc;
}
