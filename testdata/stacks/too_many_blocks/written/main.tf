resource "tencentcloud_security_group" "a" {
  name = "a"

  timeouts {
    delete = "1m"
  }

  timeouts {
    delete = "2m"
  }
}
