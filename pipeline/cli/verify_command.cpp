#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "features/feature_check.h"
#include "features/video_files.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"

namespace vidqa::cli {
namespace {

struct VerifyArguments {
  std::string path;
  std::vector<std::string> videos;
};

int verify(const VerifyArguments& arguments) {
  std::vector<std::string> expected;
  if (!arguments.videos.empty())
    for (const features::VideoFile& video : features::find_videos(arguments.videos))
      expected.push_back(video.stem);
  const features::FileCheck check = features::check_feature_file(arguments.path, expected);
  for (const features::ClipFault& fault : check.faults)
    fmt::print("{}\t{}\n", fault.clip, fault.reason);
  say(fmt::format("{}: {} clips, {} rows, {} to be extracted again{}", arguments.path, check.clips,
                  check.rows, check.faults.size(),
                  check.without_hash > 0
                      ? fmt::format("; {} carry no hash (made by another program): readable is all "
                                    "that is known of them",
                                    check.without_hash)
                      : ""));
  return check.faults.empty() ? 0 : 1;
}

}  // namespace

Command add_verify_command(CLI::App& app) {
  auto arguments = std::make_shared<VerifyArguments>();
  CLI::App* command =
      app.add_subcommand("verify", "Read every clip of a feature file; list the damaged ones");
  command->add_option("features", arguments->path, "Feature file")->required();
  command->add_option("--videos", arguments->videos,
                      "As for vidqa extract: videos that are not in the file are listed too");
  command->footer(
      "A damaged clip is a line on stdout, its name, a tab and what is wrong, and the exit code is "
      "1. The vidqa extract that\n"
      "made the file, given again, makes these clips anew and leaves the others alone.\n\n"
      "Example: vidqa verify features.h5 --videos clips/");
  return {command, [arguments] { return verify(*arguments); }, false};
}

}  // namespace vidqa::cli
