terraform {
  required_providers {
    clouds = { source = "registry.example.com/tencentcloudstack/tencentcloud" }
  }
}

resource "tencentcloud_vpc" "c" {
  provider   = clouds
  name       = "c"
  cidr_block = "10.2.0.0/16"
}
