resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
  lifecycle {
    create_before_destroy = true
  }
}

resource "tencentcloud_subnet" "main" {
  count             = 2
  name              = "main"
  vpc_id            = tencentcloud_vpc.main.id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.0.${count.index}.0/24"
  lifecycle {
    create_before_destroy = true
  }
}
