terraform {
  required_version = ">= 1.0"
  required_providers {
    tencentcloud = { source = "tencentcloudstack/tencentcloud" }
  }
}
locals {
  a = "second"
}
variable "n" {
  type    = number
  default = 4
}
provider "tencentcloud" {
  region = "ap-guangzhou"
}
resource "tencentcloud_instance" "web" {
  instance_name = "from native"
  instance_type = "S5.LARGE8"
  dynamic "data_disks" {
    for_each = [1]
    content {
      data_disk_type = "CLOUD_PREMIUM"
      data_disk_size = 30
    }
  }
  lifecycle {
    ignore_changes = [user_data]
  }
}
