#pragma once

#include <functional>
#include <string>

namespace vidqa::testing {

/// What `call` throws, without LibTorch's stack trace; "no error" when it throws nothing.
std::string error_of(const std::function<void()>& call);

}  // namespace vidqa::testing
