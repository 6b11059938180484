resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"

  lifecycle {
    create_before_destroy = true
  }
}

resource "tencentcloud_vpc" "other" {
  name       = "other"
  cidr_block = "10.8.0.0/16"
}
