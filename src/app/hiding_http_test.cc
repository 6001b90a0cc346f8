#include "app/hiding_http.h"

#include <gtest/gtest.h>

namespace tailrace::app {
namespace {

TEST(HidingHttp, OfAPathIsHiddenWhatCameFromOutside) {
  const HiddenTexts hidden = HiddenInPaths({"t0ken/é", "https://hooks.example/T0/B0secret?x=1", "v1", "t0ken"});
  EXPECT_EQ(ShownAddress("https://a.example:8080/feed/t0ken/2017?key=t0ken", hidden), "https://a.example:8080/feed/…/2017");
  EXPECT_EQ(ShownAddress("https://a.example/feed/t0ken%2F%C3%A9/x", hidden), "https://a.example/feed/…/x");
  EXPECT_EQ(ShownAddress("https://hooks.example/T0/B0secret/9", hidden), "https://hooks.example/…/9");
  EXPECT_EQ(ShownAddress("https://a.example/v1/t0kent0ken", hidden), "https://a.example/v1/……");
}

TEST(HidingHttp, TheHostIsShown) {
  EXPECT_EQ(ShownAddress("https://t0ken.example/t0ken", HiddenInPaths({"t0ken"})), "https://t0ken.example/…");
  EXPECT_EQ(ShownAddress("http://127.0.0.1:8090/items", HiddenInPaths({"http://127.0.0.1:8090"})), "http://127.0.0.1:8090/items");
}

class Echo final : public OutboundHttp {
 public:
  Result<OutboundAnswer> Send(const OutboundRequest& request, const std::stop_token&) override {
    return Fail(Error::Unavailable(ShownAddress(request.url, request.hidden)));
  }
};

TEST(HidingHttp, ARequestThatHidesMoreIsLeftAsItIs) {
  const auto http = NewHidingHttp(std::make_unique<Echo>(), {"t0ken"});
  OutboundRequest request;
  request.url = "https://a.example/t0ken/other";
  EXPECT_EQ(http->Send(request, {}).error().message(), "https://a.example/…/other");
  request.hidden = std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"t0ken/other"});
  EXPECT_EQ(http->Send(request, {}).error().message(), "https://a.example/…");
}

}  // namespace
}  // namespace tailrace::app
