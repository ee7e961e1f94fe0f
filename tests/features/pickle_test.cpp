#include "features/pickle.h"

#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "features/pickle_numpy.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features::pickle {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// The tree as text, so that trees can be compared.
std::string text_of(const Value& value) {
  std::ostringstream out;
  const auto list = [&](const char* open, const std::vector<ValuePtr>& items, const char* close) {
    out << open;
    for (const ValuePtr& item : items) out << text_of(*item) << ' ';
    out << close;
  };
  const auto pairs = [&](const std::vector<std::pair<ValuePtr, ValuePtr>>& items) {
    for (const auto& [key, item] : items) out << text_of(*key) << '=' << text_of(*item) << ' ';
  };
  if (std::holds_alternative<None>(value.data)) out << "None";
  if (const auto* flag = std::get_if<bool>(&value.data)) out << (*flag ? "True" : "False");
  if (const auto* integer = std::get_if<int64_t>(&value.data)) out << *integer;
  if (const auto* real = std::get_if<double>(&value.data)) out << *real << 'f';
  if (const auto* text = std::get_if<std::string>(&value.data)) out << '"' << *text << '"';
  if (const auto* bytes = std::get_if<Bytes>(&value.data)) {
    out << "b";
    for (const unsigned char byte : bytes->data) out << int{byte} << ',';
  }
  if (const auto* items = std::get_if<List>(&value.data)) list("[", items->items, "]");
  if (const auto* items = std::get_if<Tuple>(&value.data)) list("(", items->items, ")");
  if (const auto* dict = std::get_if<Dict>(&value.data)) out << '{', pairs(dict->items), out << '}';
  if (const auto* global = std::get_if<Global>(&value.data)) out << '@' << global->name;
  if (const auto* object = std::get_if<Object>(&value.data)) {
    list((object->callable + "(").c_str(), object->arguments, ")");
    if (object->state != nullptr) out << " state " << text_of(*object->state);
    out << '{', pairs(object->items), out << '}';
  }
  if (const auto* id = std::get_if<PersistentId>(&value.data)) out << '#' << text_of(*id->id);
  return out.str();
}

std::string read_text(std::string_view input, const std::vector<std::string>& globals = {}) {
  return text_of(*read(input, globals));
}

std::string error_of(std::string_view input, const std::vector<std::string>& globals = {}) {
  try {
    read(input, globals);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

/// pickle.dumps(object, protocol=p) of CPython 3.11 for p = 0..4 of
/// {'words': ['a', 2.5, None, True, False], 'numbers': (b'\x00\xff', 1 << 40, -3, 70000, 300), 7:
/// '\u00e9\u20ac\U0001F600'}
const std::vector<std::string>& sample_of_every_protocol() {
  static const std::vector<std::string> kSamples = {
      "(dp0\nVwords\np1\n(lp2\nVa\np3\naF2.5\naNaI01\naI00\nasVnumbers\np4\n(c_codecs\nencode\np5\n"
      "(V\\u0000\xff\np6\nVlatin1\np7\ntp8\nRp9\nL1099511627776L\nI-3\nI70000\nI300\ntp10\nsI7\n"
      "V\xe9\\u20ac\\U0001f600\np11\ns.",
      from_hex("7d7100285805000000776f72647371015d71022858010000006171034740040000000000004e4930310"
               "a493030"
               "0a6558070000006e756d626572737104"
               "28635f636f646563730a656e636f64650a7105285803000000"
               "00c3bf710658060000006c6174696e3171077471085271094c313039393531313632373737364c0a4af"
               "dffffff4a70110100"
               "4d2c0174710a4b075809000000c3a9e282acf09f9880710b752e"),
      from_hex(
          "80027d7100285805000000776f72647371015d71022858010000006171034740040000000000004e888965"
          "58070000006e756d62657273710428635f636f646563730a656e636f64650a7105580300000000c3bf7106"
          "58060000006c6174696e3171078671085271098a060000000000014afdffffff4a701101004d2c0174710a4b"
          "07"
          "5809000000c3a9e282acf09f9880710b752e"),
      from_hex(
          "80037d7100285805000000776f72647371015d71022858010000006171034740040000000000004e888965"
          "58070000006e756d62657273710428430200ff71058a060000000000014afdffffff4a701101004d2c017471"
          "064b07"
          "5809000000c3a9e282acf09f98807107752e"),
      from_hex(
          "80049556000000000000007d94288c05776f726473945d94288c0161944740040000000000004e888965"
          "8c076e756d626572739428430200ff948a060000000000014afdffffff4a701101004d2c0174944b07"
          "8c09c3a9e282acf09f988094752e")};
  return kSamples;
}

std::string binary_text(const std::string& text) {
  return std::string("X") + static_cast<char>(text.size()) + std::string(3, '\0') + text;
}

/// What numpy writes with protocol 2 for an array: dtype code, dimensions below 256, order, values.
std::string numpy_array(const std::string& code, const std::vector<int>& shape, bool fortran,
                        const std::string& values, const std::string& byte_order = "<") {
  std::string sizes = "(";
  for (const int size : shape) sizes += std::string("K") + static_cast<char>(size);
  const std::string minus_one = "J\xff\xff\xff\xff";
  return "\x80\x02"
         "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" +
         std::string("K\0\x85", 3) + "c_codecs\nencode\n" + binary_text("b") +
         binary_text("latin1") + "\x86R\x87R(K\x01" + sizes + "t" + "cnumpy\ndtype\n" +
         binary_text(code) + std::string("K\0K\x01\x87R(K\x03", 9) + binary_text(byte_order) +
         "NNN" + minus_one + minus_one + std::string("K\0tb", 4) + (fortran ? "\x88" : "\x89") +
         "U" + static_cast<char>(values.size()) + values + "tb.";
}

template <typename T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

TEST(Pickle, EveryProtocolGivesTheSameTree) {
  const std::string expected =
      "{\"words\"=[\"a\" 2.5f None True False ] \"numbers\"=(b0,255, 1099511627776 -3 70000 300 ) "
      "7=\"\u00e9\u20ac\U0001F600\" }";
  for (const std::string& sample : sample_of_every_protocol())
    EXPECT_EQ(read_text(sample, {"_codecs.encode"}), expected);
}

TEST(Pickle, TextStringsOfPython2AreUnescaped) {
  EXPECT_EQ(read_text("S'a\\'b\\\\c\\n\\x41\\101'\n."), "\"a'b\\c\nAA\"");
  EXPECT_EQ(read_text("S\"it's\"\n."), "\"it's\"");
  EXPECT_EQ(read_text("V\\ud83d\\ude00\n."), "\"\U0001F600\"");
  EXPECT_THAT(error_of("S'a\n."), HasSubstr("at byte 0"));
  EXPECT_THAT(error_of("S'\\x4'\n."), HasSubstr("byte string"));
  EXPECT_THAT(error_of("V\\ud83d\n."), HasSubstr("text"));
}

TEST(Pickle, IntegersKeepTheirSign) {
  EXPECT_EQ(read_text(std::string("\x8a\x00.", 3)), "0");
  EXPECT_EQ(read_text("\x8a\x01\xff."), "-1");
  EXPECT_EQ(read_text(std::string("\x8a\x02\xff\x00.", 5)), "255");
  EXPECT_EQ(read_text("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f."), "9223372036854775807");
  EXPECT_EQ(read_text("\x8a\x09"
                      "123456789."),
            "b49,50,51,52,53,54,55,56,57,");
  EXPECT_EQ(read_text("L-12L\n."), "-12");
  EXPECT_THAT(error_of("I99999999999999999999\n."), HasSubstr("not a number in range"));
}

TEST(Pickle, MemoSharesObjectsThatGrowLater) {
  EXPECT_EQ(read_text("]q\x01h\x01K\x05"
                      "a\x86."),
            "([5 ] [5 ] )");  // one list twice, an item is added through one
}

TEST(Pickle, SetsAndCallsBecomeNodes) {
  EXPECT_EQ(read_text("\x80\x04\x8f\x94(K\x01K\x02\x90."), "[1 2 ]");
  EXPECT_EQ(read_text("(K\x03\x91."), "[3 ]");
  const std::vector<std::string> globals = {"a.b", "collections.OrderedDict"};
  EXPECT_EQ(read_text("ca\nb\nK\x01\x85RK\x02"
                      "bK\x03K\x04s.",
                      globals),
            "a.b(1 ) state 2{3=4 }");
  EXPECT_EQ(read_text("\x8c\x01"
                      "a\x8c\x01"
                      "b\x93)\x81.",
                      globals),
            "a.b(){}");
  EXPECT_EQ(read_text("(K\x01ia\nb\n.", globals), "a.b(1 ){}");
  EXPECT_EQ(read_text("(ca\nb\nK\x01o.", globals), "a.b(1 ){}");
  EXPECT_EQ(read_text("ccollections\nOrderedDict\n)RK\x01K\x02s}b.", globals), "{1=2 }");
  EXPECT_EQ(read_text("K\x07Q."), "#7");
  EXPECT_EQ(read_text("Pkey\n."), "#\"key\"");
}

TEST(Pickle, LengthOfOnePickleInAStreamIsReported) {
  size_t consumed = 0;
  EXPECT_EQ(text_of(*read("K\x05.K\x06.", {}, &consumed)), "5");
  EXPECT_EQ(consumed, 3);
}

TEST(Pickle, ForeignGlobalsAreRefusedByName) {
  const std::string attack = "cos\nsystem\n(S'true'\ntR.";
  EXPECT_THAT(error_of(attack),
              AllOf(HasSubstr("global 'os.system' is not allowed"), HasSubstr("at byte 0")));
  EXPECT_THAT(error_of(attack, numpy_globals()), HasSubstr("os.system"));
  EXPECT_THAT(error_of("\x80\x04\x8c\x08"
                       "builtins\x8c\x04"
                       "eval\x93."),
              AllOf(HasSubstr("builtins.eval"), HasSubstr("at byte 18")));
  EXPECT_THAT(error_of("(S'true'\nios\nsystem\n."), HasSubstr("os.system"));
}

TEST(Pickle, UnknownOpcodesAreRefusedWithTheirPlace) {
  EXPECT_THAT(error_of("NN\xff."), AllOf(HasSubstr("0xff"), HasSubstr("at byte 2")));
  EXPECT_THAT(error_of("\x82\x01."), HasSubstr("0x82"));  // EXT1: a registry of callables
  EXPECT_THAT(error_of("\x80\x05N."), HasSubstr("protocol 5"));
}

TEST(Pickle, WhatDoesNotFitTogetherIsRefused) {
  for (const std::string& input : std::vector<std::string>{"",
                                                           ".",
                                                           "0.",
                                                           "(.",
                                                           "(K\x01"
                                                           "d.",
                                                           "K\x01"
                                                           "a.",
                                                           "K\x01K\x02"
                                                           "a.",
                                                           "K\x01K\x02K\x03s.",
                                                           "h\x01.",
                                                           "t.",
                                                           "e.",
                                                           "(1.",
                                                           "K\x01)R.",
                                                           "K\x01K\x02\x86"
                                                           "R.",
                                                           "K\x01"
                                                           "b.",
                                                           "NNb.",
                                                           "N(0\x85(\x86.",
                                                           "\x93.",
                                                           "NN\x93.",
                                                           "Q.",
                                                           "(o.",
                                                           "Fx\n.",
                                                           "L\n.",
                                                           "I1",
                                                           "Iabc\n.",
                                                           "p1\n."})
    EXPECT_THAT(error_of(input), HasSubstr("pickle: ")) << ::testing::PrintToString(input);
}

TEST(Pickle, CountsBeyondTheInputAreRefusedBeforeAllocation) {
  EXPECT_THAT(error_of("B\xff\xff\xff\xff"
                       "abc."),
              HasSubstr("needs 4294967295 more bytes, 4 are left"));
  EXPECT_THAT(error_of("\x8e\xff\xff\xff\xff\xff\xff\xff\xff."), HasSubstr("1 are left"));
  EXPECT_THAT(error_of("\x8b\xff\xff\xff\xff."), HasSubstr("1 are left"));
  EXPECT_THAT(error_of("\x95\xff\xff\xff\xff\xff\xff\xff\x7fN."), HasSubstr("frame"));
}

TEST(Pickle, NestingIsLimited) {
  EXPECT_EQ(error_of("N" + std::string(99, '\x85') + "."), "no error");
  EXPECT_THAT(error_of("N" + std::string(100, '\x85') + "."), HasSubstr("deeper than 100"));
  EXPECT_THAT(error_of("N" + std::string(1'000'000, '\x85') + "."), HasSubstr("deeper than 100"));
  EXPECT_EQ(error_of("N" + std::string(1'000'000, '\x85') + "0N."),
            "no error");  // thrown away before the end
}

TEST(Pickle, CyclesAndChainsBuiltThroughTheMemoAreRefused) {
  EXPECT_THAT(error_of("]q\x01h\x01"
                       "a."),
              HasSubstr("deeper than 100"));
  std::string chain;  // many empty lists, then each is put into the one before
  for (int i = 0; i < 100'000; ++i) chain += "]p" + std::to_string(i) + "\n0";
  for (int i = 0; i + 1 < 100'000; ++i)
    chain += "g" + std::to_string(i) + "\ng" + std::to_string(i + 1) + "\na0";
  EXPECT_THAT(error_of(chain + "g0\n."), HasSubstr("deeper than 100"));
}

TEST(Pickle, ADoublingTreeIsReadInLinearTime) {
  std::string input = "N";
  for (int i = 0; i < 90; ++i) input += "2\x86";  // 2^90 paths, 90 nodes
  EXPECT_EQ(error_of(input + "."), "no error");
}

TEST(Pickle, EveryTruncationThrows) {
  for (const std::string& sample : sample_of_every_protocol())
    for (size_t size = 0; size < sample.size(); ++size)
      EXPECT_THAT(error_of(std::string_view(sample).substr(0, size), {"_codecs.encode"}),
                  HasSubstr("pickle: "));
}

TEST(Pickle, RandomDamageThrowsOrReadsButNeverCrashes) {
  std::vector<std::string> samples = sample_of_every_protocol();
  samples.push_back(numpy_array("f8", {2, 3}, false, raw<double>({1, 2, 3, 4, 5, 6})));
  std::mt19937 random(1);
  int refused = 0;
  constexpr int kRounds = 30000;
  for (int round = 0; round < kRounds; ++round) {
    std::string damaged = samples[random() % samples.size()];
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    try {
      as_tensor(*read(damaged, numpy_globals()));
    } catch (const std::runtime_error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, kRounds / 2);
}

TEST(PickleNumpy, ArraysKeepTheirValuesAndOrder) {
  const std::string values = raw<double>({1, 2, 3, 4, 5, 6});
  const auto tensor_of = [](const std::string& input) {
    return as_tensor(*read(input, numpy_globals()));
  };
  const torch::Tensor expected = torch::tensor({{1., 2., 3.}, {4., 5., 6.}}, torch::kFloat64);
  EXPECT_TRUE(torch::equal(tensor_of(numpy_array("f8", {2, 3}, false, values)), expected));
  const torch::Tensor fortran = torch::tensor({{1., 3., 5.}, {2., 4., 6.}}, torch::kFloat64);
  EXPECT_TRUE(torch::equal(tensor_of(numpy_array("f8", {2, 3}, true, values)), fortran));
  EXPECT_TRUE(torch::equal(tensor_of(numpy_array("i2", {3}, false, raw<int16_t>({-1, 0, 7}))),
                           torch::tensor({-1, 0, 7}, torch::kInt16)));
  EXPECT_EQ(tensor_of(numpy_array("f4", {0, 3}, false, "")).sizes(), (std::vector<int64_t>{0, 3}));
}

TEST(PickleNumpy, WhatIsNoPlainArrayIsRefused) {
  const auto error = [](const std::string& input) {
    try {
      as_tensor(*read(input, numpy_globals()));
    } catch (const std::runtime_error& caught) {
      return std::string(caught.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(error(numpy_array("f8", {2, 2}, false, raw<double>({1, 2, 3}))),
              HasSubstr("24 bytes do not fill"));
  EXPECT_THAT(error(numpy_array("f8", {2}, false, "12345678901")), HasSubstr("11 bytes"));
  EXPECT_THAT(error(numpy_array("O8", {1}, false, "12345678")), HasSubstr("'O8' is not supported"));
  EXPECT_THAT(error(numpy_array("f8", {1}, false, "12345678", ">")), HasSubstr("big-endian"));
  EXPECT_THAT(error("N."), HasSubstr("expected a numpy array"));
}

std::string file_content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(PickleTgifQa, VocabulariesAreReadWithContiguousIds) {
  const std::filesystem::path folder = std::filesystem::path("data") / "tgif_qa" / "Vocabulary";
  VIDQA_REQUIRE_SHARED(folder);
  struct Known {
    std::string task;
    int64_t words, end_id, answers;
  };
  for (const auto& [task, words, end_id, answers] :
       std::vector<Known>{{"Action", 2550, 1360, 5},
                          {"Trans", 4201, 2223, 5},
                          {"Count", 2423, 1296, 10},
                          {"FrameQA", 7546, 2819, 1746}}) {
    const auto load = [&, task = task](const std::string& kind) {
      const auto path = testing::shared_dir() / folder / (kind + "_" + task + ".pkl");
      return read(file_content(path), numpy_globals());
    };
    const ValuePtr word_to_index = load("word_to_index");
    const ValuePtr index_to_word = load("index_to_word");
    const ValuePtr ans_to_index = load("ans_to_index");
    std::map<std::string, int64_t> index;
    std::set<int64_t> ids;
    for (const auto& [word, id] : as_dict(*word_to_index).items) {
      index[as_string(*word)] = as_int(*id);
      ids.insert(as_int(*id));
    }
    EXPECT_EQ(static_cast<int64_t>(index.size()), words) << task;
    EXPECT_EQ(static_cast<int64_t>(ids.size()), words) << task;
    EXPECT_EQ(*ids.begin(), 0) << task;
    EXPECT_EQ(*ids.rbegin(), words - 1) << task;
    EXPECT_EQ(index.at("<EOS>"), end_id) << task;

    int64_t next = 0;  // id 0 is another word in either direction
    for (const auto& [id, word] : as_dict(*index_to_word).items) {
      EXPECT_EQ(as_int(*id), next) << task;
      if (next++ > 0) {
        EXPECT_EQ(index.at(as_string(*word)), as_int(*id)) << task;
      }
    }
    EXPECT_EQ(static_cast<int64_t>(as_dict(*ans_to_index).items.size()), answers) << task;
    if (task == "Count") {
      EXPECT_EQ(as_int(*as_dict(*ans_to_index).items.front().first), 0);
    }
  }
}

}  // namespace
}  // namespace vidqa::features::pickle
