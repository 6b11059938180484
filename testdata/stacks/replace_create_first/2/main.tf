variable "name" {
  sensitive = true
}

resource "tencentcloud_vpc" "main" {
  name       = var.name
  cidr_block = "10.1.0.0/16"
  lifecycle {
    create_before_destroy = true
  }
}

resource "tencentcloud_subnet" "main" {
  count             = 2
  name              = "main"
  vpc_id            = tencentcloud_vpc.main.id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.1.${count.index}.0/24"
}

resource "tencentcloud_security_group" "new" {
  name = "new"
}

resource "tencentcloud_security_group" "other" {
  name       = "other"
  project_id = 7
}

resource "tencentcloud_instance" "web" {
  instance_name     = "web"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "S5.MEDIUM4"
  security_groups   = [tencentcloud_security_group.new.id]
}
