/* Ceilings of lists and names: gardens and groups that go. */
#include <stdlib.h>

#include "sense/layers_priv.h"

int
layers_cut(struct layers *l, struct err *e)
{
	return layers_walk(l, LAYERS_COUNT, e);
}
