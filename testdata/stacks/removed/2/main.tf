resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_security_group" "new" {
  name = "new"
}

resource "tencentcloud_instance" "web" {
  instance_name           = "web"
  availability_zone       = "ap-guangzhou-3"
  image_id                = "img-12345678"
  instance_type           = "S5.MEDIUM4"
  security_groups   = [tencentcloud_security_group.new.id]
}
