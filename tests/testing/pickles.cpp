#include "tests/testing/pickles.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "tests/testing/files.h"

namespace vidqa::testing {
namespace {

std::string little_endian(int64_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8)
    bytes.push_back(static_cast<char>(value >> shift & 0xff));
  return bytes;
}

/// An integer of protocol 1 and later.
std::string integer(int64_t value) { return "J" + little_endian(value); }

/// The next number of a memo, as PUT names it.
std::string put(int64_t& memo) { return "p" + std::to_string(memo++) + "\n"; }

std::string quoted(const std::string& text, int64_t& memo) {
  return "S'" + text + "'\n" + put(memo);
}

}  // namespace

void write_pickled_index(const std::string& path,
                         const std::vector<std::pair<std::string, int64_t>>& index) {
  std::string content = "\x80\x02}(";  // PROTO 2, EMPTY_DICT, MARK
  for (const auto& [word, id] : index)
    content +=
        "X" + little_endian(static_cast<int64_t>(word.size())) + word + "J" + little_endian(id);
  write_file(path, content + "u.");  // SETITEMS, STOP
}

void write_pickled_names(const std::string& path, const std::vector<std::string>& words) {
  int64_t memo = 0;
  std::string content = "(d" + put(memo);
  for (size_t id = 0; id < words.size(); ++id)
    content += "I" + std::to_string(id) + "\n" + quoted(words[id], memo) + "s";
  write_file(path, content + ".");
}

void write_pickled_texts(const std::string& path,
                         const std::map<std::string, std::vector<std::string>>& texts) {
  int64_t memo = 0;
  std::string content = "(d" + put(memo);
  for (const auto& [name, items] : texts) {
    content += quoted(name, memo) + "(l" + put(memo);
    for (const std::string& item : items) content += quoted(item, memo) + "a";
    content += "s";
  }
  write_file(path, content + ".");
}

void write_pickled_rows(const std::string& path, const torch::Tensor& rows) {
  const torch::Tensor array = rows.to(torch::kFloat32).contiguous();
  std::string raw;
  const auto* bytes = static_cast<const unsigned char*>(array.data_ptr());
  for (size_t i = 0; i < array.nbytes(); ++i) raw += fmt::format("\\x{:02x}", bytes[i]);
  write_file(path, fmt::format("(dp0\nS'feat'\np1\ncnumpy.core.multiarray\n_reconstruct\np2\n"
                               "(cnumpy\nndarray\np3\n(I0\ntp4\nS'b'\np5\ntp6\nRp7\n"
                               "(I1\n(I{}\nI{}\ntp8\ncnumpy\ndtype\np9\n(S'f4'\np10\nI0\nI1\n"
                               "tp11\nRp12\n(I3\nS'<'\np13\nNNNI-1\nI-1\nI0\ntp14\nbI00\n"
                               "S'{}'\np15\ntp16\nbs.",
                               array.size(0), array.size(1), raw));
}

void write_pickled_array(const std::string& path, const torch::Tensor& values) {
  const torch::Tensor array = values.to(torch::kFloat64).contiguous();
  std::string shape = "(";
  for (const int64_t size : array.sizes()) shape += integer(size);
  shape += "t";
  const std::string zero(1, '\0');
  const std::string raw(static_cast<const char*>(array.data_ptr()), array.nbytes());
  write_file(path,
             "\x80\x02"
             "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK" +
                 zero +
                 "\x85U\x01"
                 "b\x87R(K\x01" +
                 shape +
                 "cnumpy\ndtype\nU\x02"
                 "f8K" +
                 zero + "K\x01\x87R(K\x03U\x01<NNN" + integer(-1) + integer(-1) + "K" + zero +
                 "tb\x89T" + little_endian(static_cast<int64_t>(raw.size())) + raw + "tb.");
}

void write_npy(const std::string& path, const torch::Tensor& values) {
  const torch::Tensor array = values.to(torch::kFloat64).contiguous();
  std::string shape;
  for (const int64_t size : array.sizes()) shape += fmt::format("{}, ", size);
  std::string header =
      fmt::format("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", shape);
  header.resize((header.size() + 10) / 64 * 64 + 64 - 11, ' ');
  header += '\n';
  const std::string raw(static_cast<const char*>(array.data_ptr()), array.nbytes());
  write_file(path, "\x93NUMPY" + std::string("\x01\x00", 2) +
                       little_endian(static_cast<int64_t>(header.size())).substr(0, 2) + header +
                       raw);
}

}  // namespace vidqa::testing
