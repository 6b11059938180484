resource "tencentcloud_vpc" "main" {
  count      = 2
  name       = "main-${count.index}"
  cidr_block = "10.${count.index}.0.0/16"
}

resource "tencentcloud_subnet" "s" {
  count             = 2
  name              = "s"
  vpc_id            = tencentcloud_vpc.main[count.index].id
  cidr_block        = "10.${count.index}.1.0/24"
  availability_zone = "ap-guangzhou-3"
}
