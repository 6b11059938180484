resource "tencentcloud_instance" "web" {
  count             = 3
  instance_name     = "web-${count.index}"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "S5.MEDIUM4"
}
