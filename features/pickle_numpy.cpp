#include "features/pickle_numpy.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <stdexcept>

#include <fmt/format.h>

namespace vidqa::features::pickle {
namespace {

const Object* object_of(const Value& value, std::string_view name) {
  const auto* object = std::get_if<Object>(&value.data);
  const bool same =
      object != nullptr && object->callable.size() >= name.size() &&
      object->callable.compare(object->callable.size() - name.size(), name.size(), name) == 0;
  return same ? object : nullptr;
}

const Value& item(const std::vector<ValuePtr>& items, size_t index) {
  if (index >= items.size()) throw std::runtime_error("pickle: a numpy object lacks a part");
  return *items[index];
}

const std::vector<ValuePtr>& tuple_items(const Value* value) {
  const auto* tuple = value != nullptr ? std::get_if<Tuple>(&value->data) : nullptr;
  if (tuple == nullptr) throw std::runtime_error("pickle: a numpy object lacks a part");
  return tuple->items;
}

/// "<f8", or "f8" with the byte order apart, as "f8".
std::string without_order(std::string code, std::string order) {
  if (!code.empty() && (code[0] == '<' || code[0] == '>' || code[0] == '|')) {
    order = code.substr(0, 1);
    code.erase(0, 1);
  }
  if (order == ">")
    throw std::runtime_error("pickle: a big-endian numpy array; convert it with astype('<" + code +
                             "')");
  return code;
}

/// `numpy.dtype('f8', ...)` with state (version, byte order, ...) as "f8".
std::string dtype_code(const Value& value) {
  const Object* dtype = object_of(value, "numpy.dtype");
  if (dtype == nullptr) throw std::runtime_error("pickle: expected a numpy dtype");
  return without_order(
      as_string(item(dtype->arguments, 0)),
      dtype->state != nullptr ? as_string(item(tuple_items(dtype->state.get()), 1)) : "|");
}

torch::Dtype numpy_dtype(const std::string& code) {
  static const std::map<std::string, torch::Dtype> kTypes = {
      {"b1", torch::kBool},    {"i1", torch::kInt8},    {"u1", torch::kUInt8},
      {"i2", torch::kInt16},   {"i4", torch::kInt32},   {"i8", torch::kInt64},
      {"f2", torch::kFloat16}, {"f4", torch::kFloat32}, {"f8", torch::kFloat64}};
  const auto found = kTypes.find(code);
  if (found == kTypes.end())
    throw std::runtime_error("pickle: a numpy array of type '" + code + "' is not supported");
  return found->second;
}

torch::Tensor copy_values(const std::string& raw, std::vector<int64_t> shape,
                          const std::string& code) {
  const torch::Dtype dtype = numpy_dtype(code);
  uint64_t left =
      raw.size() / torch::elementSize(dtype);  // values still to be explained by a dimension
  bool fits = raw.size() % torch::elementSize(dtype) == 0;
  const bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  for (const int64_t size : shape) {
    fits = fits && size >= 0 && (empty || left % static_cast<uint64_t>(size) == 0);
    if (fits && !empty) left /= static_cast<uint64_t>(size);
  }
  if (!fits || left != (empty ? 0 : 1))
    throw std::runtime_error(
        fmt::format("pickle: {} bytes do not fill a numpy array of type {} and {} dimensions",
                    raw.size(), code, shape.size()));
  torch::Tensor values = torch::empty(shape, dtype);
  if (!raw.empty()) std::memcpy(values.data_ptr(), raw.data(), raw.size());
  return values;
}

}  // namespace

const std::vector<std::string>& numpy_globals() {
  static const std::vector<std::string> kNames = {"numpy.core.multiarray.scalar",
                                                  "numpy.core.multiarray._reconstruct",
                                                  "numpy._core.multiarray.scalar",
                                                  "numpy._core.multiarray._reconstruct",
                                                  "numpy.dtype",
                                                  "numpy.ndarray",
                                                  "_codecs.encode",
                                                  "__builtin__.bytes",
                                                  "builtins.bytes"};
  return kNames;
}

int64_t as_int(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value.data)) return *number;
  if (object_of(value, "multiarray.scalar") != nullptr) {
    const torch::Tensor number = as_tensor(value);
    if (!number.is_floating_point()) return number.item<int64_t>();
  }
  throw std::runtime_error("pickle: expected an integer");
}

torch::Tensor as_tensor(const Value& value) {
  if (const Object* scalar = object_of(value, "multiarray.scalar"))
    return copy_values(as_string(item(scalar->arguments, 1)), {},
                       dtype_code(item(scalar->arguments, 0)));

  const Object* array = object_of(value, "multiarray._reconstruct");
  if (array == nullptr) throw std::runtime_error("pickle: expected a numpy array");
  // State: version, shape, dtype, whether in Fortran order, values.
  const std::vector<ValuePtr>& state = tuple_items(array->state.get());
  const std::string code = dtype_code(item(state, 2));
  std::vector<int64_t> shape;
  for (const ValuePtr& size : tuple_items(&item(state, 1))) shape.push_back(as_int(*size));
  const auto* flag = std::get_if<bool>(&item(state, 3).data);
  const bool fortran = flag != nullptr ? *flag : as_int(item(state, 3)) != 0;
  return numpy_array(as_string(item(state, 4)), shape, code, fortran);
}

torch::Tensor numpy_array(const std::string& raw, const std::vector<int64_t>& shape,
                          const std::string& type_code, bool fortran_order) {
  const std::string code = without_order(type_code, "|");
  if (!fortran_order) return copy_values(raw, shape, code);
  const std::vector<int64_t> reversed(shape.rbegin(), shape.rend());
  std::vector<int64_t> axes(shape.size());
  for (size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int64_t>(axes.size() - 1 - i);
  return copy_values(raw, reversed, code).permute(axes).contiguous();
}

}  // namespace vidqa::features::pickle
