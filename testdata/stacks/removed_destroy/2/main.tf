resource "tencentcloud_vpc" "k" {
  name       = "k"
  cidr_block = "10.0.0.0/16"
}
moved {
  from = tencentcloud_vpc.a
  to   = tencentcloud_vpc.b
}
removed {
  from = tencentcloud_vpc.b
  lifecycle {
    destroy = false
  }
}
