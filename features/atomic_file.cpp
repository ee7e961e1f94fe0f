#include "features/atomic_file.h"
