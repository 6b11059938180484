resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.1.0.0/16"

  lifecycle {
    create_before_destroy = true
  }
}
