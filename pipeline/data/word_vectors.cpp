#include "pipeline/data/word_vectors.h"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include "features/npy_file.h"
#include "features/pickle_numpy.h"
#include "pipeline/data/text_file.h"

namespace vidqa::data {
namespace {

bool parse_number(std::string_view text, float* value) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && stop == text.data() + text.size() && std::isfinite(*value);
}

std::string_view without_line_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  return line;
}

/// Reads `<word> v1 ... vD` from the right, because words of GloVe 840B may hold blanks (". . .").
class VectorLine {
 public:
  VectorLine(std::string_view line, int64_t dim) : word_(without_line_end(line)) {
    values_.reserve(static_cast<size_t>(dim));
    for (int64_t i = 0; i < dim; ++i) {
      const size_t blank = word_.rfind(' ');
      if (blank == std::string_view::npos) break;
      values_.push_back(word_.substr(blank + 1));
      word_ = word_.substr(0, blank);
    }
  }

  std::string_view word() const { return word_; }
  /// Values from the last to the first.
  const std::vector<std::string_view>& values() const { return values_; }

  /// Whether what is left of the values ends in a further number: then the line holds more than
  /// `dim` of them.
  bool has_more_values() const {
    const size_t blank = word_.rfind(' ');
    float value = 0;
    return blank != std::string_view::npos && parse_number(word_.substr(blank + 1), &value);
  }

 private:
  std::string_view word_;
  std::vector<std::string_view> values_;
};

std::string extension_of(const std::string& path) {
  return std::filesystem::path(path).extension().string();
}

/// Whether the file is an array with a row for every word, and not text.
bool is_array(const std::string& path) {
  const std::string extension = extension_of(path);
  return extension == ".pickle" || extension == ".pkl" || extension == ".npy";
}

torch::Tensor read_pickled_array(const std::string& path) {
  namespace pickle = features::pickle;
  try {
    const std::string content = read_text(path);
    return pickle::as_tensor(*pickle::read(content, pickle::numpy_globals()));
  } catch (const c10::Error&) {
    throw;
  } catch (const std::runtime_error& error) {
    TORCH_CHECK(false, path, ": is not a pickled array of word vectors: ", error.what());
  }
}

/// (V, D) float32.
torch::Tensor read_array(const std::string& path, int64_t words, int64_t dim) {
  torch::Tensor vectors =
      extension_of(path) == ".npy" ? features::read_npy(path) : read_pickled_array(path);
  TORCH_CHECK(vectors.dim() == 2 && vectors.size(0) == words && vectors.size(1) == dim, path,
              ": must be an array of ", words, " words and ", dim, " numbers each, has shape ",
              vectors.sizes(), "; it belongs to another vocabulary or width");
  vectors = vectors.to(torch::kFloat32);
  TORCH_CHECK(torch::isfinite(vectors).all().item<bool>(), path, ": holds NaN or Inf");
  return vectors;
}

/// Rows that were not `seen` become the mean over all rows, their own counted as zeros.
void fill_with_mean(torch::Tensor& vectors, const std::vector<bool>& seen) {
  std::vector<int64_t> missing;
  for (size_t i = 0; i < seen.size(); ++i)
    if (!seen[i]) missing.push_back(static_cast<int64_t>(i));
  const torch::Tensor rows = torch::tensor(missing, torch::kInt64);
  vectors.index_fill_(0, rows, 0.0);
  const torch::Tensor mean =
      vectors.to(torch::kFloat64).mean(0, true).to(torch::kFloat32);  // (1, D)
  vectors.index_copy_(0, rows, mean.expand({rows.size(0), mean.size(1)}).contiguous());
}

}  // namespace

WordVectors load_word_vectors(const Vocabulary& vocabulary, const WordVectorOptions& options) {
  TORCH_CHECK(options.dim >= 1, "word vectors: the width must be at least 1, got ", options.dim);
  auto generator = at::detail::createCPUGenerator(options.seed);
  WordVectors result;
  result.vectors = torch::randn({vocabulary.size(), options.dim}, generator, torch::kFloat32) *
                   options.unknown_deviation;
  if (!options.path) return result;
  if (is_array(*options.path))
    return {read_array(*options.path, vocabulary.size(), options.dim), vocabulary.size()};

  const std::string& path = *options.path;
  TORCH_CHECK(std::filesystem::is_regular_file(path), path, ": no such file (word vectors)");
  std::ifstream stream(path, std::ios::binary);
  TORCH_CHECK(stream.good(), path, ": cannot be opened (word vectors)");
  auto vectors = result.vectors.accessor<float, 2>();
  std::vector<bool> seen(static_cast<size_t>(vocabulary.size()), false);
  int64_t line_number = 0;
  for (std::string text; std::getline(stream, text);) {
    ++line_number;
    const VectorLine line(text, options.dim);
    TORCH_CHECK(
        static_cast<int64_t>(line.values().size()) == options.dim && !line.has_more_values(), path,
        ": line ", line_number, " must hold a word and ", options.dim,
        " numbers; set the width to that of the file, and remove a word2vec header line");
    const std::string word(line.word());
    if (!vocabulary.contains(word)) continue;
    const int64_t id = vocabulary.id(word);
    if (seen[static_cast<size_t>(id)]) continue;
    seen[static_cast<size_t>(id)] = true;
    ++result.found;
    for (int64_t i = 0; i < options.dim; ++i) {
      const std::string_view value = line.values()[static_cast<size_t>(options.dim - 1 - i)];
      TORCH_CHECK(parse_number(value, &vectors[id][i]), path, ": line ", line_number, " (word '",
                  word, "'): value ", i + 1, " must be a finite number, got '", std::string(value),
                  "'");
    }
  }
  TORCH_CHECK(!stream.bad(), path, ": cannot be read to its end (word vectors)");
  TORCH_CHECK(result.found > 0, path, ": holds none of the ", vocabulary.size(),
              " words of the vocabulary; a GloVe text file is needed");
  if (options.unknown_mean) fill_with_mean(result.vectors, seen);
  return result;
}

}  // namespace vidqa::data
