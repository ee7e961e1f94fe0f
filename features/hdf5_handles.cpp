#include "features/hdf5_handles.h"

#include <c10/util/Exception.h>

namespace vidqa::features {

void silence_hdf5() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

void fail_hdf5(const std::string& doing) {
  // The innermost entry of the error stack says what happened; the outer ones only who called whom.
  std::string reason;
  const auto innermost = [](unsigned, const H5E_error2_t* error, void* text) -> herr_t {
    if (error->desc != nullptr) *static_cast<std::string*>(text) = error->desc;
    return 1;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, &reason);
  // "file write failed: time = ..., errno = 28, error message = 'No space left on device', buf =
  // ..."
  const std::string marker = "error message = '";
  if (const size_t begin = reason.find(marker); begin != std::string::npos)
    reason = reason.substr(begin + marker.size(),
                           reason.find('\'', begin + marker.size()) - begin - marker.size());
  TORCH_CHECK(false, "cannot ", doing, reason.empty() ? "" : ": ", reason);
}

}  // namespace vidqa::features
