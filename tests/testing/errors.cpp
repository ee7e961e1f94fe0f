#include "tests/testing/errors.h"

#include <exception>

#include <c10/util/Exception.h>

namespace vidqa::testing {

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace vidqa::testing
