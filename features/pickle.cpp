#include "features/pickle.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "features/pickle_arena.h"
#include "features/pickle_scalar.h"
#include "features/pickle_text.h"

namespace vidqa::features::pickle {
namespace {

constexpr int kMaxDepth = 100;

/// The stack machine of Python's Lib/pickle.py, without the calls.
class Reader {
 public:
  Reader(std::string_view input, const std::vector<std::string>& allowed_globals)
      : input_(input), allowed_(allowed_globals) {}

  ValuePtr read(size_t* consumed) {
    while (true) {
      const unsigned char opcode = input_.opcode();
      if (opcode == '.') break;
      if (std::optional<Value> scalar = read_scalar(opcode, input_)) {
        stack_.push_back(std::make_shared<Value>(*std::move(scalar)));
        continue;
      }
      if (!read_container(opcode) && !read_memo(opcode) && !read_call(opcode))
        fail(fmt::format("opcode 0x{:02x} is none of protocols 0 to 4, or one that runs code",
                         opcode));
    }
    ValuePtr result = pop();
    if (!arena_.release(*result, kMaxDepth))
      fail(fmt::format("nested deeper than {} levels", kMaxDepth));
    if (consumed != nullptr) *consumed = input_.position();
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { input_.fail(what); }

  template <typename T>
  bool push(T data) {
    stack_.push_back(std::make_shared<Value>(Value{std::move(data)}));
    return true;
  }

  template <typename T>
  bool push_container(T data) {
    stack_.push_back(arena_.add(Value{std::move(data)}));
    return true;
  }

  const MutableValue& top() const {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("the stack is empty");
    return stack_.back();
  }

  MutableValue pop() {
    MutableValue value = top();
    stack_.pop_back();
    return value;
  }

  std::vector<ValuePtr> pop_last(size_t count) {
    std::vector<ValuePtr> items(count);
    for (size_t i = count; i-- > 0;) items[i] = pop();
    return items;
  }

  std::vector<ValuePtr> pop_to_mark() {
    if (marks_.empty()) fail("no mark is set");
    std::vector<ValuePtr> items = pop_last(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  bool read_container(unsigned char opcode) {
    switch (opcode) {
      case '(':  // MARK
        marks_.push_back(stack_.size());
        return true;
      case ')':  // EMPTY_TUPLE
        return push_container(Tuple{});
      case 0x85:  // TUPLE1
      case 0x86:  // TUPLE2
      case 0x87:  // TUPLE3
        return push_container(Tuple{pop_last(opcode - 0x84)});
      case 't':  // TUPLE
        return push_container(Tuple{pop_to_mark()});
      case ']':   // EMPTY_LIST
      case 0x8f:  // EMPTY_SET
        return push_container(List{});
      case 'l':   // LIST
      case 0x91:  // FROZENSET
        return push_container(List{pop_to_mark()});
      case '}':  // EMPTY_DICT
        return push_container(Dict{});
      case 'd': {  // DICT
        const std::vector<ValuePtr> items = pop_to_mark();
        push_container(Dict{});
        return set_items(items);
      }
      case 's':  // SETITEM
        return set_items(pop_last(2));
      case 'u':  // SETITEMS
        return set_items(pop_to_mark());
      case 'a':  // APPEND
        return append(pop_last(1));
      case 'e':   // APPENDS
      case 0x90:  // ADDITEMS
        return append(pop_to_mark());
      default:
        return false;
    }
  }

  bool set_items(const std::vector<ValuePtr>& items) {
    Value& target = *top();
    auto* dict = std::get_if<Dict>(&target.data);
    auto* object = std::get_if<Object>(&target.data);
    if (items.size() % 2 != 0 || (dict == nullptr && object == nullptr))
      fail("keys and values do not fit");
    auto& pairs = dict != nullptr ? dict->items : object->items;
    for (size_t i = 0; i < items.size(); i += 2) pairs.emplace_back(items[i], items[i + 1]);
    return true;
  }

  bool append(const std::vector<ValuePtr>& items) {
    auto* list = std::get_if<List>(&top()->data);
    if (list == nullptr) fail("items are added to what is no list");
    list->items.insert(list->items.end(), items.begin(), items.end());
    return true;
  }

  bool read_memo(unsigned char opcode) {
    switch (opcode) {
      case 'p':  // PUT
        return put(input_.parse<uint64_t>(input_.line()));
      case 'q':  // BINPUT
        return put(input_.little_endian(1));
      case 'r':  // LONG_BINPUT
        return put(input_.little_endian(4));
      case 0x94:  // MEMOIZE
        return put(memo_.size());
      case 'g':  // GET
        return get(input_.parse<uint64_t>(input_.line()));
      case 'h':  // BINGET
        return get(input_.little_endian(1));
      case 'j':  // LONG_BINGET
        return get(input_.little_endian(4));
      case '0':  // POP; of a mark when nothing lies above it
        if (!marks_.empty() && marks_.back() == stack_.size())
          marks_.pop_back();
        else
          pop();
        return true;
      case '1':  // POP_MARK
        pop_to_mark();
        return true;
      case '2':  // DUP
        stack_.push_back(MutableValue(top()));
        return true;
      default:
        return false;
    }
  }

  bool put(uint64_t index) {
    memo_[index] = top();
    return true;
  }

  bool get(uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) fail(fmt::format("memo {} was never set", index));
    stack_.push_back(found->second);
    return true;
  }

  bool read_call(unsigned char opcode) {
    switch (opcode) {
      case 0x80: {  // PROTO
        const uint64_t protocol = input_.little_endian(1);
        if (protocol > 4)
          fail(fmt::format("protocol {}; write it with protocol 4 or less", protocol));
        return true;
      }
      case 0x95: {  // FRAME
        const uint64_t length = input_.little_endian(8);
        if (length > input_.left()) fail("a frame is longer than the input");
        return true;
      }
      case 'c': {  // GLOBAL
        const std::string_view module = input_.line();
        return push_global(module, input_.line());
      }
      case 0x93: {  // STACK_GLOBAL
        const MutableValue name = pop();
        return push_global(text_of(*pop()), text_of(*name));
      }
      case 'i': {  // INST
        const std::string_view module = input_.line();
        push_global(module, input_.line());
        const MutableValue callable = pop();
        return push_call(*callable, pop_to_mark());
      }
      case 'o': {  // OBJ
        std::vector<ValuePtr> items = pop_to_mark();
        if (items.empty()) fail("a call lacks its callable");
        const ValuePtr callable = items.front();
        return push_call(*callable, {items.begin() + 1, items.end()});
      }
      case 'R':     // REDUCE
      case 0x81: {  // NEWOBJ
        const MutableValue arguments = pop();
        const auto* tuple = std::get_if<Tuple>(&arguments->data);
        if (tuple == nullptr) fail("the arguments of a call are no tuple");
        return push_call(*pop(), tuple->items);
      }
      case 'b':  // BUILD
        return build(pop());
      case 'P':  // PERSID
        return push_container(
            PersistentId{std::make_shared<Value>(Value{std::string(input_.line())})});
      case 'Q': {  // BINPERSID
        MutableValue id = pop();
        return push_container(PersistentId{std::move(id)});
      }
      default:
        return false;
    }
  }

  const std::string& text_of(const Value& value) const {
    const auto* text = std::get_if<std::string>(&value.data);
    if (text == nullptr) fail("a name is no string");
    return *text;
  }

  bool push_global(std::string_view module, std::string_view name) {
    const std::string full = fmt::format("{}.{}", module, name);
    if (std::find(allowed_.begin(), allowed_.end(), full) == allowed_.end())
      fail(fmt::format("global '{}' is not allowed", full));
    return push(Global{full});
  }

  /// The call as a node; what only stands for a dict or bytes becomes one.
  bool push_call(const Value& callable, const std::vector<ValuePtr>& arguments) {
    const auto* global = std::get_if<Global>(&callable.data);
    if (global == nullptr) fail("what is called is no global");
    if (global->name == "collections.OrderedDict" && arguments.empty())
      return push_container(Dict{});
    if (global->name == "_codecs.encode" && arguments.size() == 2 &&
        text_of(*arguments[1]) == "latin1") {
      std::optional<std::string> bytes = encode_latin1(text_of(*arguments[0]));
      if (!bytes) fail("text that is not Latin-1");
      return push(Bytes{*std::move(bytes)});
    }
    if (arguments.empty() &&
        (global->name == "builtins.bytes" || global->name == "__builtin__.bytes"))
      return push(Bytes{});
    return push_container(Object{global->name, arguments, nullptr, {}});
  }

  bool build(MutableValue state) {
    Value& target = *top();
    if (auto* object = std::get_if<Object>(&target.data))
      object->state = std::move(state);
    else if (!std::holds_alternative<Dict>(target.data))
      fail("a state is set on what has none");
    return true;
  }

  Input input_;
  const std::vector<std::string>& allowed_;
  Arena arena_;
  std::vector<MutableValue> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, MutableValue> memo_;
};

}  // namespace

ValuePtr read(std::string_view input, const std::vector<std::string>& allowed_globals,
              size_t* consumed) {
  return Reader(input, allowed_globals).read(consumed);
}

const std::string& as_string(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) return *text;
  if (const auto* bytes = std::get_if<Bytes>(&value.data)) return bytes->data;
  throw std::runtime_error("pickle: expected a string");
}

const Dict& as_dict(const Value& value) {
  if (const auto* dict = std::get_if<Dict>(&value.data)) return *dict;
  throw std::runtime_error("pickle: expected a dict");
}

}  // namespace vidqa::features::pickle
