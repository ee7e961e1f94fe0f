#include "features/atomic_file.h"

#include <csignal>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

TEST(AtomicFile, ReplacesTheOldContentAndLeavesOneFile) {
  const testing::TempDir folder;
  const std::string path = folder.file("a file.txt");
  write_text_atomically(path, "old");
  write_text_atomically(path, std::string("new\0line\n", 9));
  EXPECT_EQ(testing::read_file(path), std::string("new\0line\n", 9));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a file.txt"));
}

TEST(AtomicFile, KeepsTheOldContentWhenWritingFails) {
  const testing::TempDir folder;
  const std::string path = folder.file("a.txt");
  write_text_atomically(path, "old");
  EXPECT_THROW(write_atomically(path,
                                [](const std::string& temporary_path) {
                                  std::ofstream(temporary_path) << "half";
                                  throw std::out_of_range("no more");
                                }),
               std::out_of_range);
  EXPECT_EQ(testing::read_file(path), "old");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a.txt"));
}

TEST(AtomicFile, NamesThePathThatCannotBeWritten) {
  const testing::TempDir folder;
  write_text_atomically(folder.file("file"), "");
  for (const std::string& path : {folder.file("no/such/folder.txt"), folder.file("file/below.txt"),
                                  folder.path().string(), std::string("/proc/vidqa.txt")})
    EXPECT_THAT(testing::error_of([&] { write_text_atomically(path, "x"); }),
                HasSubstr("'" + path + "'"));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("file"));
}

// A limit on the size of files stands for the full disk.
TEST(AtomicFile, LeavesNothingBehindOnAFullDisk) {
  const testing::TempDir folder;
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string reason = testing::error_of(
        [&] { write_text_atomically(folder.file("big.txt"), std::string(5000, 'x')); });
    _exit(reason.find("big.txt") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(AtomicFile, FollowsALink) {
  const testing::TempDir folder;
  fs::create_directory(folder.path() / "real");
  write_text_atomically(folder.file("real/target"), "old");
  fs::create_symlink(folder.path() / "real" / "target", folder.path() / "link");
  write_text_atomically(folder.file("link"), "content");
  EXPECT_TRUE(fs::is_symlink(folder.file("link")));
  EXPECT_EQ(testing::read_file(folder.file("real/target")), "content");
}

TEST(AtomicFile, AppearsOnlyAtTheCommit) {
  const testing::TempDir folder;
  {
    AtomicFile file(folder.file("a"));
    EXPECT_FALSE(fs::exists(folder.file("a")));
    file.commit();
    EXPECT_TRUE(fs::exists(folder.file("a")));
  }
  { AtomicFile abandoned(folder.file("b")); }
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a"));
}

}  // namespace
}  // namespace vidqa::features
