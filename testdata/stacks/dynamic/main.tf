variable "disks" {
  type = list(object({ kind = string, size = optional(number, 50) }))
}

resource "tencentcloud_instance" "web" {
  instance_name     = "web"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "S5.MEDIUM4"

  dynamic "data_disks" {
    for_each = var.disks
    iterator = disk
    content {
      data_disk_type = disk.value.kind
      data_disk_size = disk.value.size
    }
  }
}

output "sizes" {
  value = tencentcloud_instance.web.data_disks[*].data_disk_size
}
