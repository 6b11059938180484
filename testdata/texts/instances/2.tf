resource "tencentcloud_instance" "web" {
  count             = 3
  instance_name     = "web-${count.index}"
  availability_zone = "ap-guangzhou-${count.index == 2 ? 4 : 6}"
  image_id          = "img-12345678"
  instance_type     = "S5.LARGE8"
}

resource "terraform_data" "many" {
  count = 42
  input = count.index
}
