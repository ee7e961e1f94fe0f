#pragma once

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarks/datasets/tgif_qa.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {

/// A row of a table.
using Fields = std::vector<std::string>;

/// Writes tables in TGIF-QA's format to a folder of its own and reads them.
class TgifQa : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::vector<Fields>& rows) {
    std::ofstream stream(folder_.file(name), std::ios::binary);
    for (const Fields& row : rows)
      for (size_t i = 0; i < row.size(); ++i)
        stream << row[i] << (i + 1 < row.size() ? "\t" : "\r\n");
  }
  void write_counts(const std::vector<Fields>& train, const std::vector<Fields>& test) {
    const Fields header = {"gif_name", "question", "answer", "vid_id", "key"};
    for (const auto& [name, rows] : {std::pair("Train", train), std::pair("Test", test)}) {
      std::vector<Fields> table = {header};
      table.insert(table.end(), rows.begin(), rows.end());
      write(std::string(name) + "_count_question.csv", table);
    }
  }
  data::QaCorpus load(TgifTask task) { return load_tgif_qa(task, {folder_.path().string()}); }
  void expect_refused(TgifTask task, const std::string& file, const std::string& message) {
    using ::testing::HasSubstr;
    const auto names_both = ::testing::AllOf(HasSubstr(folder_.file(file)), HasSubstr(message));
    EXPECT_THAT([&] { load(task); }, ::testing::ThrowsMessage<c10::Error>(names_both));
  }
  vidqa::testing::TempDir folder_;
};

}  // namespace vidqa::benchmarks
