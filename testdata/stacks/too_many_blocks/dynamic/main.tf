resource "tencentcloud_security_group" "a" {
  name = "a"

  dynamic "timeouts" {
    for_each = ["1m", "2m"]
    content {
      delete = timeouts.value
    }
  }
}
