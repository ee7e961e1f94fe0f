#include "fusion/fusion.h"
