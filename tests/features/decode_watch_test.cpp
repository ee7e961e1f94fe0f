#include "features/decode_watch.h"

#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidqa::features {
namespace {

using ::testing::Optional;
using namespace std::chrono_literals;

TEST(DecodeWatch, CountsWhatIsDoneForAVideoAndNotWhatIsBetween) {
  DecodeWatch watch;
  watch.begin(3);
  double stage = 1;
  EXPECT_EQ(watch.measure(stage,
                          [] {
                            std::this_thread::sleep_for(20ms);
                            return 7;
                          }),
            7);
  const double used = watch.used();
  EXPECT_GE(used, 0.02);
  EXPECT_DOUBLE_EQ(stage, 1 + used);
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(watch.used(), used);
  EXPECT_THROW(watch.measure(stage, [] { throw std::runtime_error("bad"); }), std::runtime_error);
  EXPECT_GT(watch.used(), used) << "what threw took its time too";
  watch.begin(4);
  EXPECT_EQ(watch.used(), 0);
}

TEST(DecodeWatch, GivesUpOnceAndOnlyWithinACall) {
  DecodeWatch watch;
  double stage = 0;
  watch.begin(5);
  watch.measure(stage, [] { std::this_thread::sleep_for(5ms); });
  EXPECT_EQ(watch.give_up_after(1e-6), std::nullopt) << "its thread is not within a call";
  watch.measure(stage, [&] {
    EXPECT_EQ(watch.give_up_after(3600), std::nullopt);
    EXPECT_FALSE(watch.is_given_up());
    EXPECT_THAT(watch.give_up_after(1e-6), Optional(5U)) << "time of earlier calls counts";
    EXPECT_EQ(watch.give_up_after(1e-6), std::nullopt);
  });
  EXPECT_TRUE(watch.is_given_up());
}

}  // namespace
}  // namespace vidqa::features
