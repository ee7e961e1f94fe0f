#include "features/torch_file.h"

#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include <caffe2/serialize/inline_container.h>
#include <torch/torch.h>

#include "features/pickle_arena.h"
#include "features/pickle_numpy.h"

namespace vidqa::features {
namespace {

using pickle::Value;

/// Flat values of a storage; several tensors may lie in one.
using Storages = std::map<std::string, torch::Tensor>;

const std::map<std::string, torch::Dtype>& storage_types() {
  static const std::map<std::string, torch::Dtype> kTypes = {
      {"torch.FloatStorage", torch::kFloat32}, {"torch.DoubleStorage", torch::kFloat64},
      {"torch.HalfStorage", torch::kFloat16},  {"torch.BFloat16Storage", torch::kBFloat16},
      {"torch.LongStorage", torch::kInt64},    {"torch.IntStorage", torch::kInt32},
      {"torch.ShortStorage", torch::kInt16},   {"torch.CharStorage", torch::kInt8},
      {"torch.ByteStorage", torch::kUInt8},    {"torch.BoolStorage", torch::kBool}};
  return kTypes;
}

/// What a state dict, alone or in a checkpoint with numbers around it, is made of.
const std::vector<std::string>& allowed_globals() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names = pickle::numpy_globals();
    names.insert(names.end(),
                 {"collections.OrderedDict", "torch.Size", "torch._utils._rebuild_tensor",
                  "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter",
                  "torch.jit._pickle.restore_type_tag"});
    for (const auto& [name, dtype] : storage_types()) names.push_back(name);
    return names;
  }();
  return kNames;
}

pickle::ValuePtr read_pickle(std::string_view input, size_t* consumed = nullptr) {
  try {
    return pickle::read(input, allowed_globals(), consumed);
  } catch (const std::runtime_error& error) {
    TORCH_CHECK(false, error.what(),
                "; a file that holds more than tensors has to be saved again as "
                "torch.save(model.state_dict(), ...)");
  }
}

const std::vector<pickle::ValuePtr>& tuple_members(const Value& value, size_t at_least) {
  const auto* tuple = std::get_if<pickle::Tuple>(&value.data);
  TORCH_CHECK(tuple != nullptr && tuple->items.size() >= at_least,
              "a tensor's description is incomplete");
  return tuple->items;
}

/// ('storage', type, key, location, number of values, ...)
struct StorageId {
  explicit StorageId(const Value& id) {
    const auto& parts = tuple_members(id, 5);
    const auto* global = std::get_if<pickle::Global>(&parts[1]->data);
    TORCH_CHECK(global != nullptr && storage_types().count(global->name) > 0,
                "a storage has no type");
    dtype = storage_types().at(global->name);
    key = pickle::as_string(*parts[2]);
    numel = pickle::as_int(*parts[4]);
    TORCH_CHECK(numel >= 0, "a storage has a negative size");
    const bool is_view = parts.size() > 5 && !std::holds_alternative<pickle::None>(parts[5]->data);
    TORCH_CHECK(!is_view,
                "storages that are views of others are not supported; save the file again with a "
                "newer torch");
  }

  torch::Tensor values(const void* data, uint64_t bytes) const {
    TORCH_CHECK(bytes / torch::elementSize(dtype) >= static_cast<uint64_t>(numel), "storage '", key,
                "' has ", bytes, " bytes, too few for ", numel, " values");
    torch::Tensor result = torch::empty({numel}, dtype);
    if (numel > 0) std::memcpy(result.data_ptr(), data, result.nbytes());
    return result;
  }

  torch::Dtype dtype = torch::kFloat32;
  std::string key;
  int64_t numel = 0;
};

/// Calls `visit` for every storage that the pickle names, once a key.
void for_each_storage(const Value& root, const std::function<void(const StorageId&)>& visit) {
  std::set<const Value*> seen;
  std::set<std::string> keys;
  const std::function<void(const Value&)> walk = [&](const Value& value) {
    if (!seen.insert(&value).second) return;
    if (const auto* persistent = std::get_if<pickle::PersistentId>(&value.data)) {
      const StorageId id(*persistent->id);
      if (keys.insert(id.key).second) visit(id);
    }
    pickle::for_each_child(value, walk);
  };
  walk(root);
}

std::vector<int64_t> integers(const Value& value) {
  std::vector<int64_t> numbers;
  for (const pickle::ValuePtr& item : tuple_members(value, 0))
    numbers.push_back(pickle::as_int(*item));
  return numbers;
}

/// A tensor over part of a storage; nothing outside the storage is touched and nothing larger than
/// it is made.
torch::Tensor view_of(const torch::Tensor& storage, int64_t offset,
                      const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides) {
  bool fits = offset >= 0 && offset <= storage.numel() && sizes.size() == strides.size();
  const bool empty = std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
  int64_t room = storage.numel() - 1 - offset;  // values after the first one
  int64_t left = storage.numel();  // values that the dimensions so far leave for the others
  for (size_t i = 0; fits && i < sizes.size(); ++i) {
    fits = sizes[i] >= 0 && strides[i] >= 0;
    if (!fits || empty) continue;
    fits = left / sizes[i] > 0 && (sizes[i] == 1 || strides[i] <= room / (sizes[i] - 1));
    left /= sizes[i];
    if (sizes[i] > 1) room -= strides[i] * (sizes[i] - 1);
  }
  TORCH_CHECK(fits && (empty || room >= 0), "lies outside its storage of ", storage.numel(),
              " values");
  if (empty) return torch::empty(sizes, storage.options());
  return storage.as_strided(sizes, strides, offset).contiguous();
}

torch::Tensor tensor_of(const Value& value, const Storages& storages) {
  const auto* object = std::get_if<pickle::Object>(&value.data);
  TORCH_CHECK(object != nullptr && !object->arguments.empty(), "is no tensor");
  const auto& arguments = object->arguments;
  if (object->callable == "torch._utils._rebuild_parameter")
    return tensor_of(*arguments[0], storages);
  const auto* id = std::get_if<pickle::PersistentId>(&arguments[0]->data);
  const bool rebuilt = object->callable.rfind("torch._utils._rebuild_tensor", 0) == 0;
  TORCH_CHECK(rebuilt && id != nullptr && arguments.size() >= 4, "is no tensor");
  const StorageId storage(*id->id);
  const torch::Tensor& values = storages.at(storage.key);
  TORCH_CHECK(values.scalar_type() == storage.dtype,
              "shares a storage with a tensor of another type");
  return view_of(values, pickle::as_int(*arguments[1]), integers(*arguments[2]),
                 integers(*arguments[3]));
}

/// The state dict itself, or the one in a checkpoint. LibTorch puts a call around a dict that says
/// its type.
const pickle::Dict& find_state_dict(const Value& root) {
  const auto* tagged = std::get_if<pickle::Object>(&root.data);
  const bool has_tag = tagged != nullptr &&
                       tagged->callable == "torch.jit._pickle.restore_type_tag" &&
                       !tagged->arguments.empty();
  const pickle::Dict& outer = pickle::as_dict(has_tag ? *tagged->arguments[0] : root);
  for (const auto& [key, value] : outer.items) {
    const auto* name = std::get_if<std::string>(&key->data);
    const auto* inner = std::get_if<pickle::Dict>(&value->data);
    if (name != nullptr && inner != nullptr &&
        (*name == "state_dict" || *name == "model_state_dict"))
      return *inner;
  }
  return outer;
}

StateDict tensors_of(const Value& root, const Storages& storages) {
  StateDict tensors;
  for (const auto& [key, value] : find_state_dict(root).items) {
    const std::string& name = pickle::as_string(*key);
    try {
      tensors[name] = tensor_of(*value, storages);
    } catch (const c10::Error& error) {
      TORCH_CHECK(false, "'", name, "' ", error.what_without_backtrace());
    }
  }
  return tensors;
}

StateDict read_zip(const std::string& path) {
  caffe2::serialize::PyTorchStreamReader archive(path);
  TORCH_CHECK(archive.hasRecord("data.pkl"), "holds no pickle of tensors");
  TORCH_CHECK(!archive.hasRecord("constants.pkl"),
              "is a TorchScript network, not weights; give it as such");
  if (archive.hasRecord("byteorder")) {
    const auto [order, bytes] = archive.getRecord("byteorder");
    TORCH_CHECK(std::string(static_cast<const char*>(order.get()), bytes) == "little",
                "was written on a big-endian machine");
  }
  const auto [data, bytes] = archive.getRecord("data.pkl");
  const pickle::ValuePtr root = read_pickle({static_cast<const char*>(data.get()), bytes});
  Storages storages;
  for_each_storage(*root, [&](const StorageId& id) {
    const auto [values, size] = archive.getRecord("data/" + id.key);
    storages[id.key] = id.values(values.get(), size);
  });
  return tensors_of(*root, storages);
}

/// Before torch 1.6: pickles of a magic number, the version, the system, the object and the storage
/// keys; then for each key the number of values (8 bytes) and the values.
StateDict read_stream(const std::string& content) {
  static constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  std::string_view rest = content;
  const auto next = [&rest] {
    size_t consumed = 0;
    pickle::ValuePtr value = read_pickle(rest, &consumed);
    rest.remove_prefix(consumed);
    return value;
  };
  const pickle::ValuePtr magic = next();
  const auto* number = std::get_if<pickle::Bytes>(&magic->data);
  TORCH_CHECK(number != nullptr && number->data == kMagic, "was not written by torch.save");
  TORCH_CHECK(pickle::as_int(*next()) == 1001, "has an unknown version of the format");
  next();  // sizes of C types of the writing machine
  const pickle::ValuePtr root = next();
  const pickle::ValuePtr keys = next();
  const auto* key_list = std::get_if<pickle::List>(&keys->data);
  TORCH_CHECK(key_list != nullptr, "has no list of storages");

  std::map<std::string, StorageId> ids;
  for_each_storage(*root, [&](const StorageId& id) { ids.emplace(id.key, id); });
  Storages storages;
  for (const pickle::ValuePtr& key : key_list->items) {
    const auto id = ids.find(pickle::as_string(*key));
    TORCH_CHECK(id != ids.end(), "lists a storage that no tensor uses");
    int64_t numel = 0;
    TORCH_CHECK(rest.size() >= sizeof numel, "is truncated");
    std::memcpy(&numel, rest.data(), sizeof numel);
    rest.remove_prefix(sizeof numel);
    TORCH_CHECK(numel == id->second.numel, "disagrees with itself about the size of a storage");
    storages[id->first] = id->second.values(rest.data(), rest.size());
    rest.remove_prefix(storages[id->first].nbytes());
  }
  for (const auto& [key, id] : ids)
    TORCH_CHECK(storages.count(key) > 0, "lacks storage '", key, "'");
  return tensors_of(*root, storages);
}

}  // namespace

StateDict read_torch_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(2, '\0');
  file.read(start.data(), 2);
  TORCH_CHECK(file.good(), "cannot be read, or is empty");
  if (start == "PK") return read_zip(path);
  file.seekg(0);
  return read_stream({std::istreambuf_iterator<char>(file), {}});
}

}  // namespace vidqa::features
