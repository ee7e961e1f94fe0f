#include "features/video_files.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class VideoFiles : public ::testing::Test {
 protected:
  void touch(const std::string& name) const {
    const fs::path path = folder_.path() / name;
    fs::create_directories(path.parent_path());
    testing::write_file(path.string(), "x");
  }
  std::vector<std::string> stems(const std::vector<std::string>& paths) const {
    std::vector<std::string> result;
    for (const VideoFile& video : find_videos(paths)) result.push_back(video.stem);
    return result;
  }

  testing::TempDir folder_;
};

TEST_F(VideoFiles, AreFoundBelowAFolderWithFoldersOfFrames) {
  touch("shows/bbt/s01.e01_clip_00/00001.jpg");
  touch("shows/bbt/s01.e01_clip_00/00002.jpg");
  touch("shows/bbt/s01.e01_clip_01/00001.jpg");
  touch("shows/a.mp4");
  touch("shows/a.jpg");  // a cover
  touch("shows/1.jpg");
  touch("shows/B.MKV");
  touch("shows/.hidden/c.mp4");
  touch("shows/photos/cover.jpg");
  EXPECT_THAT(stems({folder_.file("shows")}),
              ElementsAre("B", "a", "s01.e01_clip_00", "s01.e01_clip_01"));
  EXPECT_THAT(stems({folder_.file("shows/bbt/s01.e01_clip_00/"), folder_.file("shows/a.jpg")}),
              ElementsAre("s01.e01_clip_00", "a"));
}

TEST_F(VideoFiles, AreFoundOnceWhereLinksGoRoundInACircle) {
  touch("a/b/clip.mp4");
  fs::create_directory_symlink(folder_.path() / "a", folder_.path() / "a/b/up");
  EXPECT_THAT(stems({folder_.file("a"), folder_.file("a/b/clip.mp4")}), ElementsAre("clip"));
}

TEST_F(VideoFiles, OfOneStemAreBothNamed) {
  touch("x/clip.mp4");
  touch("y/clip/1.jpg");
  EXPECT_THAT(testing::error_of([&] { stems({folder_.path().string()}); }),
              AllOf(HasSubstr("x/clip.mp4"), HasSubstr("y/clip"), HasSubstr("rename one")));
}

TEST_F(VideoFiles, OfAFolderAreItsImagesInOrder) {
  touch("clip/10.jpg");
  touch("clip/9.jpg");
  touch("clip/notes.txt");
  EXPECT_THAT(files_of_video(folder_.file("clip")),
              ElementsAre(HasSubstr("/9.jpg"), HasSubstr("/10.jpg")));
  EXPECT_THAT(files_of_video("a.mp4"), ElementsAre("a.mp4"));
}

}  // namespace
}  // namespace vidqa::features
