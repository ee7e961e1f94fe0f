// A decoder that does not return: stands before FFmpeg's own function, linked into a test or
// preloaded into the program. VIDQA_HANGING_DECODER=WIDTH:SECONDS makes it sleep so long with every
// packet of the videos that are WIDTH pixels wide.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <dlfcn.h>

extern "C" {
#include <libavcodec/avcodec.h>
}

extern "C" int avcodec_send_packet(AVCodecContext* context, const AVPacket* packet) {
  using Send = int (*)(AVCodecContext*, const AVPacket*);
  static const auto send = reinterpret_cast<Send>(dlsym(RTLD_NEXT, "avcodec_send_packet"));
  const char* const wish = std::getenv("VIDQA_HANGING_DECODER");
  int width = 0;
  double seconds = 0;
  if (wish != nullptr && std::sscanf(wish, "%d:%lf", &width, &seconds) == 2 &&
      context->width == width)
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  return send(context, packet);
}
