#include "benchmarks/datasets/pickled_index.h"

#include <stdexcept>

#include <c10/util/Exception.h>

#include "features/pickle.h"
#include "pipeline/data/text_file.h"

namespace vidqa::benchmarks {
namespace {

namespace pickle = features::pickle;

/// `names_first`: {str: int}, else {int: str}.
std::vector<std::string> read_names(const std::string& path, bool names_first) {
  const std::string content = data::read_text(path);
  std::vector<std::string> names;
  std::vector<bool> taken;
  try {
    const pickle::ValuePtr root = pickle::read(content, pickle::numpy_globals());
    const pickle::Dict& index = pickle::as_dict(*root);
    names.resize(index.items.size());
    taken.resize(index.items.size(), false);
    for (const auto& [key, value] : index.items) {
      const std::string& name = pickle::as_string(names_first ? *key : *value);
      const int64_t id = pickle::as_int(names_first ? *value : *key);
      const bool valid = id >= 0 && id < static_cast<int64_t>(names.size());
      TORCH_CHECK(valid && !taken[static_cast<size_t>(id)], path, ": '", name, "' has id ", id,
                  ", but ids must run from 0 to ", names.size(), " - 1, each once");
      taken[static_cast<size_t>(id)] = true;
      names[static_cast<size_t>(id)] = name;
    }
  } catch (const c10::Error&) {
    throw;
  } catch (const std::runtime_error& error) {
    TORCH_CHECK(false, path, ": is not a pickled ",
                names_first ? "{word: id}: " : "{id: word}: ", error.what());
  }
  TORCH_CHECK(!names.empty(), path, ": holds no words");
  return names;
}

}  // namespace

std::vector<std::string> read_pickled_index(const std::string& path) {
  return read_names(path, /*names_first=*/true);
}

std::vector<std::string> read_pickled_names(const std::string& path) {
  return read_names(path, /*names_first=*/false);
}

}  // namespace vidqa::benchmarks
