resource "tencentcloud_vpc" "main" {
  name       = "one"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_subnet" "main" {
  name              = "one"
  vpc_id            = tencentcloud_vpc.main.id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.0.1.0/24"
}

resource "tencentcloud_instance" "web" {
  instance_name     = "one"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "S5.MEDIUM4"
  vpc_id            = tencentcloud_vpc.main.id
  subnet_id         = tencentcloud_subnet.main.id
}

output "web" {
  value = tencentcloud_instance.web.id
}
