#include "features/onednn_convolution.h"

#include <torch/torch.h>
#ifdef VIDQA_ONEDNN
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include <ATen/Parallel.h>
#include <dnnl.hpp>
#endif

namespace vidqa::features {

bool has_bfloat16() {
#if defined(__x86_64__) && defined(__GNUC__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

#ifdef VIDQA_ONEDNN

namespace {

using dnnl::memory;

torch::MemoryFormat channels_last(size_t spatial_dims) {
  return spatial_dims == 3 ? torch::MemoryFormat::ChannelsLast3d
                           : torch::MemoryFormat::ChannelsLast;
}

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

/// bfloat16 and float32 alone.
memory::data_type onednn_type(torch::ScalarType dtype) {
  return dtype == torch::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
}

}  // namespace

bool OnednnConvolution::available() { return true; }

struct OnednnConvolution::Impl {
  using Primitive = std::pair<dnnl::convolution_forward::primitive_desc, dnnl::convolution_forward>;

  torch::Tensor weight, bias;
  ConvGeometry geometry;
  torch::ScalarType dtype;
  std::mutex mutex;  ///< of what follows
  std::map<std::tuple<std::vector<int64_t>, bool, bool>, Primitive> primitives;
  std::vector<memory> packed_weights;  ///< in each of the layouts that came up

  size_t spatial_dims() const { return geometry.kernel.size(); }
  memory::format_tag activation_tag() const {
    return spatial_dims() == 3 ? memory::format_tag::ndhwc : memory::format_tag::nhwc;
  }
  /// With the group as a dimension of its own.
  memory::desc weight_desc(memory::data_type type, memory::format_tag tag) const {
    memory::dims dims = weight.sizes().vec();
    if (geometry.groups > 1) {
      dims[0] /= geometry.groups;
      dims.insert(dims.begin(), geometry.groups);
    }
    return {dims, type, tag};
  }
  memory::format_tag plain_weight_tag() const {
    using Tag = memory::format_tag;
    if (spatial_dims() == 3) return geometry.groups > 1 ? Tag::goidhw : Tag::oidhw;
    return geometry.groups > 1 ? Tag::goihw : Tag::oihw;
  }

  std::vector<int64_t> output_sizes(const torch::Tensor& x) const {
    std::vector<int64_t> sizes = {x.size(0), weight.size(0)};
    for (size_t i = 0; i < spatial_dims(); ++i) {
      const int64_t room =
          x.size(static_cast<int64_t>(i) + 2) + 2 * geometry.padding[i] - geometry.kernel[i];
      TORCH_CHECK(room >= 0, "convolution: an input of ", x.sizes(), " is smaller than the kernel");
      sizes.push_back(room / geometry.stride[i] + 1);
    }
    return sizes;
  }

  const Primitive& primitive(const torch::Tensor& x, bool relu, bool sum) {
    const auto key = std::make_tuple(x.sizes().vec(), relu, sum);
    const std::lock_guard<std::mutex> lock(mutex);
    if (const auto found = primitives.find(key); found != primitives.end()) return found->second;
    dnnl::post_ops after;
    if (sum) after.append_sum(1.0F);
    if (relu) after.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(after);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // oneDNN's own is not for threads
    const memory::desc source(x.sizes().vec(), onednn_type(dtype), activation_tag());
    const memory::desc target(output_sizes(x), onednn_type(dtype), activation_tag());
    const dnnl::convolution_forward::desc description(
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, source,
        weight_desc(onednn_type(dtype), memory::format_tag::any),
        {{weight.size(0)}, memory::data_type::f32, memory::format_tag::x}, target, geometry.stride,
        geometry.padding, geometry.padding);
    const dnnl::convolution_forward::primitive_desc chosen(description, attributes, cpu());
    return primitives.emplace(key, Primitive(chosen, dnnl::convolution_forward(chosen)))
        .first->second;
  }

  memory packed(const memory::desc& wanted, dnnl::stream& stream) {
    const std::lock_guard<std::mutex> lock(mutex);
    for (const memory& known : packed_weights)
      if (known.get_desc() == wanted) return known;
    memory plain(weight_desc(memory::data_type::f32, plain_weight_tag()), cpu(), weight.data_ptr());
    memory result(wanted, cpu());
    dnnl::reorder(plain, result).execute(stream, plain, result);
    stream.wait();
    packed_weights.push_back(result);
    return result;
  }
};

OnednnConvolution::OnednnConvolution(const torch::Tensor& weight, const torch::Tensor& bias,
                                     ConvGeometry geometry, Precision precision)
    : impl_(std::make_unique<Impl>()) {
  impl_->weight = weight.contiguous();
  impl_->bias = bias.contiguous();
  impl_->geometry = std::move(geometry);
  impl_->dtype = precision == Precision::kBfloat16 ? torch::kBFloat16 : torch::kFloat32;
}

OnednnConvolution::~OnednnConvolution() = default;

torch::Tensor OnednnConvolution::operator()(const torch::Tensor& x, bool relu,
                                            const torch::Tensor& residual) {
  at::internal::lazy_init_num_threads();  // the number of threads is a setting of each thread
  const torch::MemoryFormat format = channels_last(impl_->spatial_dims());
  const torch::Tensor source = x.to(impl_->dtype).contiguous(format);
  torch::Tensor target = residual;
  if (!target.defined())
    target = torch::empty(impl_->output_sizes(x), source.options().memory_format(format));
  TORCH_CHECK(target.is_contiguous(format) && target.scalar_type() == impl_->dtype &&
                  target.sizes() == impl_->output_sizes(x),
              "convolution: the residual of size ", target.sizes(), " does not fit the result");
  const auto& [chosen, convolution] = impl_->primitive(source, relu, residual.defined());
  const auto scratch_bytes = static_cast<int64_t>(chosen.scratchpad_desc().get_size());
  const torch::Tensor scratch = torch::empty({scratch_bytes}, torch::kByte);
  dnnl::stream stream(cpu());
  convolution.execute(
      stream, {{DNNL_ARG_SRC, memory(chosen.src_desc(), cpu(), source.data_ptr())},
               {DNNL_ARG_WEIGHTS, impl_->packed(chosen.weights_desc(), stream)},
               {DNNL_ARG_BIAS, memory(chosen.bias_desc(), cpu(), impl_->bias.data_ptr())},
               {DNNL_ARG_DST, memory(chosen.dst_desc(), cpu(), target.data_ptr())},
               {DNNL_ARG_SCRATCHPAD, memory(chosen.scratchpad_desc(), cpu(), scratch.data_ptr())}});
  stream.wait();
  return target;
}

#else

bool OnednnConvolution::available() { return false; }

struct OnednnConvolution::Impl {};

OnednnConvolution::OnednnConvolution(const torch::Tensor&, const torch::Tensor&, ConvGeometry,
                                     Precision) {
  TORCH_CHECK(false, "this build has no oneDNN of its own");
}

OnednnConvolution::~OnednnConvolution() = default;

torch::Tensor OnednnConvolution::operator()(const torch::Tensor&, bool, const torch::Tensor&) {
  TORCH_CHECK(false, "this build has no oneDNN of its own");
}

#endif

}  // namespace vidqa::features
