terraform {
  required_version = "~> 0.12"
  required_providers {
    tencentcloud = { source = "nobody/else" }
  }
}
locals {
  a = "first"
  b = "kept"
}
variable "n" {
  type    = string
  default = "three"
}
resource "tencentcloud_instance" "web" {
  instance_name     = "main"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "S5.MEDIUM4"
  data_disks {
    data_disk_type = "CLOUD_SSD"
    data_disk_size = 10
  }
  data_disks {
    data_disk_type = "CLOUD_SSD"
    data_disk_size = 20
  }
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [tags]
  }
}
output "o" {
  value = local.a
}
output "kinds" {
  value = tencentcloud_instance.web.data_disks[*].data_disk_type
}
output "name" {
  value = tencentcloud_instance.web.instance_name
}
output "number" {
  value = var.n
}
