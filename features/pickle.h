#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace vidqa::features::pickle {

/// A pickled object as a tree. Reading executes nothing: a global is only a name, and a call of one
/// is an Object node.
struct Value;
using ValuePtr = std::shared_ptr<const Value>;

struct None {};
/// Also an integer of more than 64 bits, as little-endian two's complement.
struct Bytes {
  std::string data;
};
/// Also a set.
struct List {
  std::vector<ValuePtr> items;
};
struct Tuple {
  std::vector<ValuePtr> items;
};
/// Also a collections.OrderedDict, without the attributes that torch adds.
struct Dict {
  std::vector<std::pair<ValuePtr, ValuePtr>> items;  ///< in pickled order
};
/// `module.name` as pushed by GLOBAL.
struct Global {
  std::string name;
};
/// `callable(*arguments)` with the state and items that BUILD and SETITEMS added.
struct Object {
  std::string callable;
  std::vector<ValuePtr> arguments;
  ValuePtr state;  ///< may be null
  std::vector<std::pair<ValuePtr, ValuePtr>> items;
};
/// torch: `('storage', FloatStorage, key, location, numel)`.
struct PersistentId {
  ValuePtr id;
};

struct Value {
  std::variant<None, bool, int64_t, double, std::string, Bytes, List, Tuple, Dict, Global, Object,
               PersistentId>
      data;
};

/// Reads one pickle (protocols 0 to 4) from memory. `allowed_globals` are the full names
/// ("collections.OrderedDict") that may occur; any other global, any unknown opcode, nesting deeper
/// than 100 and counts beyond the input's size throw std::runtime_error that says which and at
/// which byte. On return `*consumed` (if given) is the pickle's length.
ValuePtr read(std::string_view input, const std::vector<std::string>& allowed_globals,
              size_t* consumed = nullptr);

/// Names that numpy scalars, arrays and dtypes need (features/pickle_numpy.h reads arrays).
const std::vector<std::string>& numpy_globals();

/// The integer of an int or of a pickled numpy integer scalar; throws std::runtime_error otherwise.
int64_t as_int(const Value& value);
/// The text of a str or bytes, which lives as long as the tree; throws std::runtime_error
/// otherwise.
const std::string& as_string(const Value& value);
const Dict& as_dict(const Value& value);

}  // namespace vidqa::features::pickle
