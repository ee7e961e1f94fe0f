#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vidqa::train {

/// A record as TensorFlow's record files hold it, and so TensorBoard's event files (TensorFlow's
/// guide "TFRecord and tf.train.Example"), little endian:
///   uint64 length, uint32 masked CRC-32C of the length, the bytes, uint32 masked CRC-32C of them;
///   masked = (crc rotated right by 15 bits) + 0xa282ead8.
std::string to_tfrecord(std::string_view bytes);

/// The records of a file, in order, up to the first that is cut off or damaged: what a killed
/// writer leaves. Throws c10::Error naming the file when it cannot be opened.
std::vector<std::string> read_tfrecords(const std::string& path);

}  // namespace vidqa::train
