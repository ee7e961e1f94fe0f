#include "benchmarks/datasets/dataset.h"

#include <set>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(LoadDataset, UnknownNameListsTheAcceptedOnes) {
  EXPECT_THAT([] { load_dataset("msvd", {"."}); },
              ThrowsMessage<c10::Error>(AllOf(HasSubstr("'msvd' is unknown"),
                                              HasSubstr("msvd-qa, tgif-action"),
                                              HasSubstr("tgif-frameqa"))));
}

TEST(LoadDataset, EveryNameStandsOnceAndIsDescribed) {
  std::set<std::string> names;
  for (const DatasetEntry& entry : dataset_table()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_FALSE(entry.summary.empty());
    EXPECT_FALSE(entry.paper.empty());
  }
}

TEST(LoadDataset, FolderThatIsNotThereIsNamedByEveryDataSet) {
  for (const DatasetEntry& entry : dataset_table()) {
    EXPECT_THAT([&] { load_dataset(entry.name, {"/nowhere/at/all"}); },
                ThrowsMessage<c10::Error>(HasSubstr("/nowhere/at/all: no such folder")))
        << entry.name;
    EXPECT_THAT([&] { load_dataset(entry.name, {}); },
                ThrowsMessage<c10::Error>(HasSubstr("must be named")))
        << entry.name;
  }
}

}  // namespace
}  // namespace vidqa::benchmarks
